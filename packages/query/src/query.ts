import Database from 'better-sqlite3';
import type { SqliteTraceReader } from '@kwind/trace';
import { ToolError } from '@kwind/x86';
import { historyFunctions, translate } from './functions.ts';
import { History } from './history.ts';
import { historyTables } from './tables.ts';
import { addressOf, wide } from './values.ts';

/** What a query came to. Rows are made as they are taken. */
export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly unknown[]>;
}

const refused = (text: string, why: string): ToolError =>
  new ToolError(
    'command/usage',
    `${why}: ${text.trim().split('\n', 1)[0]!.slice(0, 60)}`,
    'kwind sql reads: SELECT, WITH … SELECT or VALUES, one statement.',
  );

/** The first word behind comments and opening brackets. */
const firstWord = (text: string): string =>
  /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|\()*([a-z]+)/i.exec(text)?.[1]?.toUpperCase() ?? '';

/**
 * Read-only SQL over one trace. The database is an empty one in memory whose tables are views on the packed history, so
 * there is nothing to write to; statements that could reach a file (ATTACH, VACUUM INTO, PRAGMA) are refused, and
 * SQLite's own functions that read files or load code are not part of the library.
 */
export class TraceQuery {
  readonly #db: Database.Database;

  constructor(reader: SqliteTraceReader) {
    const history = new History(reader);
    this.#db = new Database(':memory:');
    this.#db.pragma('temp_store = MEMORY');
    this.#db.pragma('trusted_schema = OFF');
    for (const table of historyTables) {
      this.#db.table(table.name, {
        columns: [...table.columns],
        *rows() {
          yield* arraysOf(table.rows(history), table.columns);
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
    this.#db.function('address', { deterministic: true }, (value: unknown) =>
      value === null ? null : wide(addressOf(value, 'address()')),
    );
    this.#db.pragma('query_only = ON');
  }

  /**
   * Run one statement.
   * @throws ToolError command/usage when it is no single query, or SQLite refuses it; address/…, position/… from functions
   */
  run(text: string): QueryResult {
    if (!['SELECT', 'WITH', 'VALUES', 'EXPLAIN'].includes(firstWord(text))) throw refused(text, 'this is not a query');
    const statement = asQueryError(text, () => this.#db.prepare(text));
    if (!statement.reader || !statement.readonly) throw refused(text, 'this does more than read');
    const columns = statement.columns().map(({ name }) => name);
    const cursor = statement.raw().iterate() as IterableIterator<unknown[]>;
    return { columns, rows: guarded(text, cursor) };
  }

  close(): void {
    this.#db.close();
  }
}

function* arraysOf(
  rows: Iterable<Readonly<Record<string, unknown>>>,
  columns: readonly string[],
): Generator<unknown[]> {
  for (const row of rows) yield columns.map((column) => row[column] ?? null);
}

function* guarded(text: string, rows: IterableIterator<unknown[]>): Generator<unknown[]> {
  for (;;) {
    const next = asQueryError(text, () => rows.next());
    if (next.done === true) return;
    yield next.value;
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
