import type Database from 'better-sqlite3';
import type { History } from './history.ts';
import { historyTables, valuesOf, type HistoryTable } from './tables.ts';

const PAGE_BYTES = 4096;
/** Columns that queries join by; whatever else they compare, SQLite indexes as it goes. */
const joined: ReadonlySet<string> = new Set(['call', 'parent', 'claimed', 'released', 'end', 'position']);

interface Copy {
  readonly name: string;
  /** Events there were when it was made. */
  readonly length: number;
  /** Columns that were filled; the others are NULL. */
  readonly columns: ReadonlySet<string>;
}

/**
 * Tables of the history as SQLite's own, made when a query joins them: a table that is read batch by batch would be read
 * from its begin for each row of the other. Kept until the trace has grown.
 */
export class Copies {
  readonly #db: Database.Database;
  readonly #history: History;
  readonly #made = new Map<string, Copy>();

  constructor(db: Database.Database, history: History, mostBytes: number) {
    this.#db = db;
    this.#history = history;
    db.pragma(`max_page_count = ${Math.max(1, Math.floor(mostBytes / PAGE_BYTES))}`);
  }

  /** Name of a copy of a table in which those of its columns are filled that are among these; undefined when it would be too large. */
  of(name: string, columns: ReadonlySet<string>): string | undefined {
    const table = historyTables.find((one) => one.name === name);
    if (!table) return undefined;
    const known = this.#made.get(name);
    const own = table.columns.filter((column) => columns.has(column));
    const { length } = this.#history;
    const isGood = known?.length === length && own.every((column) => known.columns.has(column));
    if (isGood) return known.name;
    const wanted = known ? new Set([...known.columns, ...own]) : new Set(own);
    const copy = { name: `copy of ${name}`, length, columns: wanted };
    this.#made.delete(name);
    try {
      this.#changing(() => this.#make(table, copy));
      return copy.name;
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#changing(() => this.#dropAll());
      return undefined;
    }
  }

  #make(table: HistoryTable, copy: Copy): void {
    const quoted = `"${copy.name}"`;
    this.#db.exec(`DROP TABLE IF EXISTS ${quoted}`);
    this.#db.exec(`CREATE TABLE ${quoted} (${table.columns.map((column) => typed(table, column)).join(', ')})`);
    const insert = this.#db.prepare(`INSERT INTO ${quoted} VALUES (${table.columns.map(() => '?').join(', ')})`);
    for (const values of valuesOf(table, this.#history, { columns: copy.columns })) insert.run(values);
    for (const column of table.columns.filter((one) => joined.has(one) && copy.columns.has(one)))
      this.#db.exec(`CREATE INDEX "${column} of ${table.name}" ON ${quoted} ("${column}")`);
    this.#made.set(table.name, copy);
  }

  #dropAll(): void {
    for (const { name } of historyTables) this.#db.exec(`DROP TABLE IF EXISTS "copy of ${name}"`);
    this.#made.clear();
  }

  #changing<T>(work: () => T): T {
    this.#db.pragma('query_only = OFF');
    try {
      return this.#db.transaction(work)();
    } finally {
      this.#db.pragma('query_only = ON');
    }
  }
}

/** A column with its type; the seq of an event is the row's own number, so that looking for it needs no index. */
function typed({ columns, integers }: HistoryTable, column: string): string {
  if (column === 'seq' && columns[0] === 'seq') return '"seq" INTEGER PRIMARY KEY';
  return `"${column}"${integers.includes(column) ? ' INTEGER' : ' TEXT'}`;
}

const isFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'SQLITE_FULL' || error.code === 'SQLITE_NOMEM');
