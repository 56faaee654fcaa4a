import type Database from 'better-sqlite3';
import { ToolError } from '@kwind/x86';
import { initial } from './migrations/0001-initial.ts';

/** One step of the file's layout: the tables it adds, by name, exactly as SQLite keeps their text. */
export interface Migration {
  readonly version: number;
  readonly tables: Readonly<Record<string, string>>;
}

/**
 * Number of the file's layout, kept in `user_version`. The catalogue of events has a number of its own, in the header.
 * Since 2 a batch is stored in two pieces, see stored-batch.ts; the tables are those of 1.
 */
export const FILE_SCHEMA = 2;

/** "kwnd" in ASCII, kept in `application_id`: what tells a trace from another SQLite database. */
export const APPLICATION_ID = 0x6b77_6e64;

export function createTables(db: Database.Database): void {
  for (const sql of Object.values(initial.tables)) db.exec(sql);
  db.pragma(`application_id = ${APPLICATION_ID}`);
  db.pragma(`user_version = ${FILE_SCHEMA}`);
}

/**
 * Refuse a database whose tables are not word for word ours: a view in a table's place could compute for ever.
 * @throws ToolError trace/not-a-trace, trace/newer-schema, trace/damaged
 */
export function checkTables(db: Database.Database, path: string): void {
  const id = db.pragma('application_id', { simple: true });
  if (id !== APPLICATION_ID) {
    throw new ToolError(
      'trace/not-a-trace',
      `${path} is an SQLite database, but not a kwind trace.`,
      'kwind record and kwind import make traces.',
    );
  }
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version > FILE_SCHEMA) {
    throw new ToolError(
      'trace/newer-schema',
      `${path} has format ${version}, this kwind reads up to ${FILE_SCHEMA}.`,
      `Update kwind, or export the trace with the newer one: kwind export ${path} --to ndjson.`,
    );
  }
  const found = new Map(
    db
      .prepare<[], { name: string; sql: string }>('SELECT name, sql FROM sqlite_schema')
      .all()
      .map((row) => [row.name, row.sql]),
  );
  for (const [name, sql] of Object.entries(initial.tables)) {
    if (version >= initial.version && found.get(name) === sql) continue;
    throw new ToolError(
      'trace/damaged',
      `${path} has no table "${name}" of format ${version}.`,
      'The file is damaged; re-record it.',
    );
  }
}
