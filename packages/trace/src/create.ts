import { closeSync, lstatSync, openSync, rmSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { ToolError } from '@kwind/x86';
import { asToolError } from './errors.ts';
import { readMeta } from './meta.ts';
import { checkTables, createTables } from './tables.ts';

/*
 * The recorder's lock is SQLite's own write lock: a recorder is always inside a write transaction, beginning the next
 * one as it commits the last. In WAL mode that hinders no reader, and the lock dies with its process, whatever kills
 * it; nothing has to be cleaned up, and no pid is guessed about.
 */
const PROBES = 3;
const PROBE_PAUSE_MS = 3;
/** Beside a database: a stale one must never be taken for the new file's. */
const companions = ['-wal', '-shm', '-journal'];

/**
 * A new, empty database at `path` with our tables, inside its first write transaction.
 * @throws ToolError trace/exists, trace/busy, trace/io
 */
export function createDatabase(path: string, force: boolean): Database.Database {
  let db: Database.Database | undefined;
  let ours = false;
  try {
    clearPlace(path, force);
    // Claims the name: of two recorders that start at once, one gets EEXIST here.
    closeSync(openSync(path, 'wx'));
    ours = true;
    db = new Database(path, { fileMustExist: true });
    // Batches of a real boot take two or three KiB: smaller pages waste less of the last one, larger ones cost fewer writes.
    db.pragma('page_size = 2048');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.exec('BEGIN IMMEDIATE');
    createTables(db);
    return db;
  } catch (error) {
    db?.close();
    if (ours) removeTrace(path);
    throw creationError(error, path);
  }
}

/** The file and what SQLite has beside it. */
export function removeTrace(path: string): void {
  for (const part of ['', ...companions]) rmSync(path + part, { force: true });
}

function creationError(error: unknown, path: string): ToolError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return existsError(path);
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return asToolError(error, path);
  return new ToolError('trace/io', `${path}: its folder does not exist.`, 'Make the folder first.', { cause: error });
}

const existsError = (path: string): ToolError =>
  new ToolError('trace/exists', `${path} exists already.`, 'Choose another name, or replace it with --force.');

/** Removes what stands at `path` only if it is a file or a link, and the caller forces it: never a device or a folder. */
function clearPlace(path: string, force: boolean): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat && !stat.isFile() && !stat.isSymbolicLink()) {
    throw new ToolError('trace/exists', `${path} is not a regular file.`, 'Choose another name.');
  }
  if (stat) {
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) refuseIfRecording(path);
    if (!force) throw existsError(path);
  }
  removeTrace(path);
}

/** @throws ToolError trace/busy, naming the recorder that has the file; what is no trace, or not there, passes */
export function refuseIfRecording(path: string): void {
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { fileMustExist: true, timeout: 0 });
    checkTables(db, path);
    // Asked more than once: between two transactions a recorder is without its lock for some microseconds.
    for (let probe = 0; probe < PROBES; probe++) {
      if (probe > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PROBE_PAUSE_MS);
      db.exec('BEGIN IMMEDIATE');
      db.exec('ROLLBACK');
    }
  } catch (error) {
    if (db && error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) throw busyError(db, path);
  } finally {
    db?.close();
  }
}

function busyError(db: Database.Database, path: string): ToolError {
  const { recorder } = readMeta(db, path);
  return new ToolError(
    'trace/busy',
    `${path} is being recorded by process ${recorder.pid} on ${recorder.host} since ${recorder.started}.`,
    'Wait for it to end, stop it, or record to another file.',
  );
}
