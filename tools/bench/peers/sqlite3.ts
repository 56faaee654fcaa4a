// What emmett-sqlite uses of the package `sqlite3` (which needs a compiler to install), over better-sqlite3. The better
// driver of the two, so this errs in emmett's favour.
import Database from 'better-sqlite3';

type Done<T> = (this: { changes: number; lastID: number }, error: Error | null, result?: T) => void;
type Params = readonly unknown[];

class CallbackDatabase {
  readonly #db: Database.Database;

  constructor(path: string) {
    this.#db = new Database(path);
    this.#db.pragma('synchronous = NORMAL');
  }

  run(sql: string, ...rest: [Params, Done<never>?] | [Done<never>?]): void {
    this.#answer(rest, (params) => {
      const statement = this.#statement(sql);
      if (statement.reader) return void statement.all(...params);
      const { changes, lastInsertRowid } = statement.run(...params);
      return { changes, lastID: Number(lastInsertRowid) };
    });
  }
  all(sql: string, params: Params, done: Done<unknown>): void {
    this.#answer([params, done], (given) => this.#statement(sql).all(...given));
  }
  get(sql: string, params: Params, done: Done<unknown>): void {
    this.#answer([params, done], (given) => this.#statement(sql).get(...given));
  }
  close(): void {
    this.#db.close();
  }

  #answer(rest: readonly unknown[], work: (params: Params) => unknown): void {
    const done = rest.at(-1);
    const params = Array.isArray(rest[0]) ? (rest[0] as Params).map(bindable) : [];
    const [error, result] = attempt(() => work(params));
    if (typeof done === 'function') (done as Done<unknown>).call((result ?? {}) as never, error, result);
    else if (error) throw error;
  }

  /** Prepared each time, as sqlite3 does. */
  #statement(sql: string): Database.Statement {
    return this.#db.prepare(sql);
  }
}

/** What sqlite3 takes and better-sqlite3 does not; it stores an object as its text. */
function bindable(value: unknown): unknown {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'object' && value !== null ? String(value) : (value ?? null);
}

function attempt(work: () => unknown): [Error | null, unknown] {
  try {
    return [null, work()];
  } catch (error) {
    return [error as Error, undefined];
  }
}

// oxlint-disable-next-line import/no-default-export -- as the package has it
export default { Database: CallbackDatabase, OPEN_URI: 0, OPEN_READWRITE: 0, OPEN_CREATE: 0 };
