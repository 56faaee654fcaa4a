import { closeSync, copyFileSync, existsSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { ToolError } from '@kwind/x86';
import { asToolError } from './errors.ts';
import { checkTables } from './tables.ts';

const COPY_ATTEMPTS = 5;
/** Of SQLite's file header: what one must know to read the file. */
const HEADER_BYTES = 100;
const READ_VERSION_AT = 19;
const WAL_VERSION = 2;

export interface OpenedTrace {
  readonly db: Database.Database;
  close(): void;
}

/**
 * Open for reading only. The file is never written, and nothing is left beside it: SQLite reads a file in WAL mode
 * with the help of a -wal and a -shm. Where a recorder is at work or was killed they are there; where one of them is
 * not, or may not be used (a folder without write permission), a private copy is read.
 *
 * @throws ToolError trace/not-found, trace/not-a-trace, trace/newer-schema, trace/damaged, trace/busy, trace/io
 */
export function openForReading(path: string): OpenedTrace {
  try {
    checkIsFile(path);
    return needsCopy(path) ? openCopy(path) : openInPlace(path);
  } catch (error) {
    if (!(error instanceof Database.SqliteError && /^SQLITE_(CANTOPEN|READONLY)/.test(error.code))) {
      throw asToolError(error, path);
    }
    try {
      return openCopy(path);
    } catch (second) {
      throw asToolError(second, path);
    }
  }
}

function needsCopy(path: string): boolean {
  if (existsSync(`${path}-wal`)) return !existsSync(`${path}-shm`);
  // Only without a -wal may the file be looked into from outside SQLite: closing it again drops all locks that this
  // process has on it, those of a recorder too.
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(file);
  }
  return header[READ_VERSION_AT] === WAL_VERSION;
}

function checkIsFile(path: string): void {
  const stat = statSync(path);
  if (stat.isDirectory())
    throw new ToolError('trace/not-a-trace', `${path} is a directory.`, 'Name the .kwind file in it.');
  if (!stat.isFile()) throw new ToolError('trace/not-a-trace', `${path} is not a regular file.`, 'Name a .kwind file.');
  if (stat.size === 0 && !existsSync(`${path}-wal`)) {
    throw new ToolError(
      'trace/not-a-trace',
      `${path} is empty.`,
      'Its recorder did not get to the first batch; record again.',
    );
  }
}

function openInPlace(path: string): OpenedTrace {
  const db = connect(path, path);
  return { db, close: () => void db.close() };
}

function connect(path: string, shown: string): Database.Database {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    // Nothing that the file itself defines may run, and damaged cells are to be noticed, not followed.
    db.pragma('trusted_schema = OFF');
    db.pragma('cell_size_check = ON');
    db.pragma('mmap_size = 0');
    // The inner pages and the touch index of ten million events, so that a jump reads only what it jumps to.
    db.pragma('cache_size = -16384');
    checkTables(db, shown);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function openCopy(path: string): OpenedTrace {
  const folder = mkdtempSync(join(tmpdir(), 'kwind-reading-'));
  try {
    const copy = join(folder, basename(path));
    copyTogether(path, copy);
    const db = connect(copy, path);
    return {
      db,
      close() {
        db.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** File and -wal as of one moment: copied again if a recorder moved pages from one to the other meanwhile. */
function copyTogether(path: string, copy: string): void {
  for (let attempt = 0; attempt < COPY_ATTEMPTS; attempt++) {
    const before = stampOf(path);
    copyFileSync(path, copy);
    rmSync(`${copy}-wal`, { force: true });
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    if (stampOf(path) === before) return;
  }
  throw new ToolError(
    'trace/busy',
    `${path} is being recorded too fast to be copied.`,
    'Read it from a folder where kwind may write, or when the recorder has ended.',
  );
}

function stampOf(path: string): string {
  return [path, `${path}-wal`]
    .map((name) => statSync(name, { bigint: true, throwIfNoEntry: false }))
    .map((stat) => `${stat?.ino} ${stat?.size} ${stat?.mtimeNs}`)
    .join();
}
