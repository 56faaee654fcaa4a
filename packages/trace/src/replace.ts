import { renameSync } from 'node:fs';
import Database from 'better-sqlite3';
import { refuseIfRecording, removeTrace } from './create.ts';
import { asToolError } from './errors.ts';

/**
 * Put the finished trace `made` in the place of the trace `path`, in one step: whoever opens `path` gets the one or the other,
 * whenever this process dies.
 * @throws ToolError trace/busy when `path` is being recorded or read, trace/io; both files are then still there
 */
export function replaceTrace(made: string, path: string): void {
  refuseIfRecording(path);
  try {
    // A -wal of the old file, left beside the new one, would be taken for its own.
    const db = new Database(path, { fileMustExist: true, timeout: 0 });
    try {
      db.pragma('journal_mode = DELETE');
    } finally {
      db.close();
    }
    renameSync(made, path);
  } catch (error) {
    throw asToolError(error, path);
  }
}

/**
 * Remove a trace that nobody will want, and what SQLite has beside it.
 * @throws ToolError trace/busy when it is being recorded, trace/io
 */
export function discardTrace(path: string): void {
  try {
    refuseIfRecording(path);
    removeTrace(path);
  } catch (error) {
    throw asToolError(error, path);
  }
}
