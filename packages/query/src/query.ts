import Database from 'better-sqlite3';
import type { SqliteTraceReader } from '@kwind/trace';
import { didYouMean, ToolError } from '@kwind/x86';
import { Copies } from './copies.ts';
import { historyFunctions, translate } from './functions.ts';
import { History } from './history.ts';
import { parameters, wantedFrom } from './narrow.ts';
import { planned } from './plan.ts';
import { historyTables, sqlValue, valuesOf, type Row } from './tables.ts';
import { isMark, isWord, tokensOf } from './tokens.ts';
import { addressOf, wide } from './values.ts';

/** What a query came to. Rows are made as they are taken. */
export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly unknown[]>;
}

/** Letters of a query; finding where its pieces end may take a time that grows with the square of it. */
const LONGEST = 100_000;

/** Bytes that copies of joined tables may take together. */
const MOST_COPIED = 512 * 1024 ** 2;

export interface QueryOptions {
  /** Bytes for copies of tables that queries join; a table that needs more is read as it lies, which may take long. */
  readonly mostCopied?: number;
}

const reads = 'kwind sql reads: SELECT, WITH … SELECT or VALUES, one statement.';

const refused = (text: string, why: string): ToolError =>
  text.trim() === ''
    ? new ToolError('command/usage', 'there is no query.', reads)
    : new ToolError('command/usage', `${why}: ${text.trim().split('\n', 1)[0]!.slice(0, 60)}`, hintFor(why));

/** What SQLite does not know is most often a name that was mistyped. */
function hintFor(why: string): string {
  const [, kind, name] = /^no such (table|column|function): (\S+)/.exec(why) ?? [];
  if (kind === undefined) return reads;
  const tables = [...historyTables, ...historyFunctions];
  const known = kind === 'column' ? tables.flatMap(({ columns }) => columns) : tables.map((one) => one.name);
  const all = 'kwind sql TRACE --tables lists tables, functions and columns.';
  return didYouMean(name!.slice(name!.lastIndexOf('.') + 1), [...new Set(known)], all);
}

const queries = ['SELECT', 'WITH', 'VALUES'];

/** Whether a statement begins as a query does, or as a question about one. */
function isQuery(text: string): boolean {
  const words = tokensOf(text).filter((token) => !isMark(token, '('));
  const skipped = !isWord(words[0], 'EXPLAIN') ? 0 : isWord(words[1], 'QUERY') ? 3 : 1;
  return isWord(words[skipped], ...queries);
}

/**
 * Read-only SQL over one trace. The database is an empty one in memory whose tables are views on the packed history, so
 * there is nothing to write to; statements that could reach a file (ATTACH, VACUUM INTO, PRAGMA) are refused, and
 * SQLite's own functions that read files or load code are not part of the library. Time and memory are not limited here:
 * whoever runs a query that a person typed does so in a process that can be ended.
 */
export class TraceQuery {
  readonly #db: Database.Database;
  readonly #copies: Copies;

  constructor(reader: SqliteTraceReader, { mostCopied = MOST_COPIED }: QueryOptions = {}) {
    const history = new History(reader);
    this.#db = new Database(':memory:');
    this.#db.pragma('temp_store = MEMORY');
    this.#db.pragma('trusted_schema = OFF');
    for (const table of historyTables) {
      this.#db.table(table.name, {
        columns: [...table.columns],
        ...(table.isNarrowed === true && { parameters: [...parameters] }),
        *rows(...args: readonly unknown[]) {
          yield* valuesOf(table, history, { wanted: wantedFrom(args) });
        },
      });
    }
    for (const made of historyFunctions) {
      this.#db.table(made.name, {
        columns: [...made.columns],
        parameters: [...made.parameters],
        *rows(argument: unknown) {
          yield* arraysOf(made.rows(history, argument), made.columns);
        },
      });
    }
    this.#db.function('translate', { deterministic: true }, (address: unknown, position: unknown) =>
      translate(history, address, position),
    );
    const onNumbers = (name: string, combine: (a: bigint, b: bigint) => bigint): void =>
      void this.#db.function(name, { deterministic: true }, (a: unknown, b: unknown) =>
        a === null || b === null
          ? null
          : wide(BigInt.asUintN(64, combine(addressOf(a, `${name}()`), addressOf(b, `${name}()`)))),
      );
    onNumbers('plus', (a, b) => a + b);
    onNumbers('minus', (a, b) => a - b);
    onNumbers('bits', (a, b) => a & b);
    this.#db.function('address', { deterministic: true }, (value: unknown) =>
      value === null ? null : wide(addressOf(value, 'address()')),
    );
    this.#db.pragma('query_only = ON');
    this.#copies = new Copies(this.#db, history, mostCopied);
  }

  /**
   * Run one statement.
   * @throws ToolError command/usage when it is no single query, or SQLite refuses it; address/…, position/… from functions
   */
  run(text: string): QueryResult {
    if (text.length > LONGEST) throw refused(text, `a query has at most ${LONGEST} letters, this one ${text.length}`);
    // SQLite would read up to there, and not say that it left the rest.
    if (text.includes('\0')) throw refused(text.replaceAll('\0', ' '), 'there is a NUL in it');
    if (!isQuery(text)) throw refused(text, 'this is not a query');
    const statement = this.#prepare(text);
    const columns = statement.columns().map(({ name }) => name);
    // A parameter, as :name or ?, is what nobody gives a value here: SQLite says so, at this place.
    const cursor = asQueryError(text, () => statement.raw().iterate() as IterableIterator<unknown[]>);
    return { columns, rows: guarded(text, cursor) };
  }

  #prepare(text: string): Database.Statement<unknown[]> {
    const statement = asQueryError(text, () => this.#db.prepare(planned(text)));
    if (!statement.reader || !statement.readonly) throw refused(text, 'this does more than read');
    // What SQLite would refuse is refused by now, before anything is copied for it.
    const joined = asQueryError(text, () => planned(text, this.#copies));
    try {
      return this.#db.prepare(joined);
    } catch {
      // An unusual way to name a table, which was not seen as one: then without copies, as it was found good.
      return statement;
    }
  }

  close(): void {
    this.#db.close();
  }
}

function* arraysOf(rows: Iterable<Row>, columns: readonly string[]): Generator<unknown[]> {
  for (const row of rows) yield columns.map((column) => sqlValue(row[column]));
}

function* guarded(text: string, rows: IterableIterator<unknown[]>): Generator<unknown[]> {
  try {
    for (;;) {
      const next = asQueryError(text, () => rows.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Whoever wants no more rows wants to close the database next, and an open cursor would forbid it.
    rows.return?.();
  }
}

function asQueryError<T>(text: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ToolError || !(error instanceof Error)) throw error;
    const isSql = 'code' in error || error instanceof RangeError || error instanceof TypeError;
    if (!isSql) throw error;
    throw refused(text, error.message);
  }
}
