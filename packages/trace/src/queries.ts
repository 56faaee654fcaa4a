import type Database from 'better-sqlite3';
import { ToolError } from '@kwind/x86';
import { asToolError } from './errors.ts';

export interface BatchRow {
  readonly first_seq: number;
  readonly length: number;
  readonly chain: Buffer;
  readonly body: Buffer;
}
/** What a search needs of a batch. */
export interface SummaryRow {
  readonly first_seq: number;
  readonly length: number;
  readonly codes: Buffer;
}
export interface LinkRow {
  readonly first_seq: number;
  readonly length: number;
  readonly chain: Buffer;
}
export interface CheckpointRow {
  readonly position: number;
  readonly reducer: number;
  readonly sha: Buffer;
  readonly body: Buffer;
}
export interface PartRow {
  readonly id: number;
  readonly reducer: number;
  readonly part: number;
  readonly position: number;
  readonly body: Buffer;
}
export type FoundPart = Pick<PartRow, 'id' | 'position'>;
export interface GroupHits {
  readonly grp: number;
  readonly hits: Buffer;
}
export interface TouchIndexRow {
  readonly tbl: number;
  readonly hits: Buffer;
}
const isCount = (value: unknown): boolean => Number.isSafeInteger(value);
const isBytes = (value: unknown): boolean => value instanceof Uint8Array;
/** What a column may hold, where it is no whole number. */
const kinds: Readonly<Record<string, (value: unknown) => boolean>> = {
  codes: isBytes,
  chain: isBytes,
  body: isBytes,
  sha: isBytes,
  hits: isBytes,
  integrity_check: (value) => typeof value === 'string',
  next_grp: (value) => value === null || isCount(value),
};
type Value = number | string;

/**
 * The reading statements, each prepared when it is first asked for. Lists come a page at a time: an open cursor would
 * keep the recorder from emptying its -wal.
 * @throws ToolError from every method, as SQLite fails
 */
export class Queries {
  readonly #db: Database.Database;
  readonly #path: string;
  readonly #prepared = new Map<string, Database.Statement<Value[], unknown>>();

  constructor(db: Database.Database, path: string) {
    this.#db = db;
    this.#path = path;
  }

  damaged(what: string, cause?: unknown): ToolError {
    return new ToolError(
      'trace/damaged',
      `trace ${this.#path}: ${what}.`,
      `kwind verify ${this.#path} names the first bad batch.`,
      { cause },
    );
  }

  /** The last batch that starts at or before `seq`. */
  batchAt(seq: number): BatchRow | undefined {
    return this.#get(
      'SELECT first_seq, length, chain, body FROM batch WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
      seq,
    );
  }
  linkAt(seq: number): LinkRow | undefined {
    return this.#get(
      'SELECT first_seq, length, chain FROM batch WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
      seq,
    );
  }
  batchFrom(seq: number): (BatchRow & SummaryRow) | undefined {
    return this.#get(
      'SELECT first_seq, length, codes, chain, body FROM batch WHERE first_seq >= ? ORDER BY first_seq LIMIT 1',
      seq,
    );
  }
  summaryAt(seq: number): SummaryRow | undefined {
    return this.#get(
      'SELECT first_seq, length, codes FROM batch WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
      seq,
    );
  }
  summariesFrom(seq: number, limit: number): SummaryRow[] {
    return this.#all(
      'SELECT first_seq, length, codes FROM batch WHERE first_seq >= ? ORDER BY first_seq LIMIT ?',
      seq,
      limit,
    );
  }
  summariesBackFrom(seq: number, limit: number): SummaryRow[] {
    return this.#all(
      'SELECT first_seq, length, codes FROM batch WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT ?',
      seq,
      limit,
    );
  }
  /** Whether the touch index was written before there were runs in it, see touch-hits.ts. */
  touchesAreMasks(): boolean {
    const sql =
      "SELECT EXISTS (SELECT 1 FROM touch) AND NOT EXISTS (SELECT 1 FROM touch WHERE substr(hits, 1, 2) = x'8000') AS old";
    return this.#get<{ old: number }>(sql)?.old === 1;
  }
  /** First seq of the next group of the touch index after `group`. */
  groupAfter(group: number): number | undefined {
    return (
      this.#get<{ next_grp: number | null }>('SELECT min(grp) AS next_grp FROM touch WHERE grp > ?', group)?.next_grp ??
      undefined
    );
  }
  /** Of some groups of the touch index, the rows of one key, in ascending order. */
  hits(groups: readonly number[], key: number): GroupHits[] {
    // One call: most groups know nothing of a key, and asking each took longer than all the answers.
    return this.#all(
      'SELECT grp, hits FROM touch WHERE grp IN (SELECT value FROM json_each(?)) AND tbl = ? ORDER BY grp',
      `[${groups.join()}]`,
      key,
    );
  }
  touchRows(group: number, afterKey: number, limit: number): TouchIndexRow[] {
    return this.#all(
      'SELECT tbl, hits FROM touch WHERE grp = ? AND tbl > ? ORDER BY tbl LIMIT ?',
      group,
      afterKey,
      limit,
    );
  }
  checkpointAtOrBefore(position: number, reducer: number): CheckpointRow | undefined {
    return this.#get(
      'SELECT position, reducer, sha, body FROM checkpoint WHERE position <= ? AND reducer = ? ORDER BY position DESC LIMIT 1',
      position,
      reducer,
    );
  }
  checkpointAfter(position: number): CheckpointRow | undefined {
    return this.#get(
      'SELECT position, reducer, sha, body FROM checkpoint WHERE position > ? ORDER BY position LIMIT 1',
      position,
    );
  }
  /** A part as it was put last at or before `position`; the index alone answers that. */
  partAtOrBefore(position: number, reducer: number, part: number): FoundPart | undefined {
    return this.#get(
      'SELECT id, position FROM part WHERE reducer = ? AND part = ? AND position <= ? ORDER BY position DESC LIMIT 1',
      reducer,
      part,
      position,
    );
  }
  partBody(id: number): Buffer | undefined {
    return this.#get<Pick<PartRow, 'body'>>('SELECT body FROM part WHERE id = ?', id)?.body;
  }
  partAfter(id: number): PartRow | undefined {
    return this.#get('SELECT id, reducer, part, position, body FROM part WHERE id > ? ORDER BY id LIMIT 1', id);
  }
  /** What SQLite finds wrong with its own structure, a line each, at most `limit`. */
  integrity(limit: number): string[] {
    const rows = this.#all<{ integrity_check: string }>(`PRAGMA integrity_check(${limit})`);
    return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok');
  }

  #get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#run(sql, (statement) => this.#checked<Row>(statement.get(...values)));
  }
  #all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#run(sql, (statement) => statement.all(...values).map((row) => this.#checked<Row>(row)!));
  }
  /** STRICT holds when rows are written; damage can make anything of them. */
  #checked<Row>(row: unknown): Row | undefined {
    for (const [name, value] of Object.entries(row ?? {})) {
      if (!(kinds[name] ?? isCount)(value)) throw this.damaged(`column ${name} holds no such value as belongs there`);
    }
    return row as Row | undefined;
  }
  #run<T>(sql: string, run: (statement: Database.Statement<Value[], unknown>) => T): T {
    try {
      let statement = this.#prepared.get(sql);
      if (!statement) this.#prepared.set(sql, (statement = this.#db.prepare<Value[], unknown>(sql)));
      return run(statement);
    } catch (error) {
      throw asToolError(error, this.#path);
    }
  }
}
