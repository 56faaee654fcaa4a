import Database from 'better-sqlite3';
import { ToolError, type ErrorCode } from '@kwind/x86';

interface Saying {
  readonly code: ErrorCode;
  readonly what: string;
  readonly hint: string;
}

const damaged: Saying = {
  code: 'trace/damaged',
  what: 'the file is damaged',
  hint: 'kwind verify names the first bad batch; re-record it.',
};

/** By the start of SQLite's result code; the first that fits. */
const sayings: readonly (readonly [string, Saying])[] = [
  [
    'SQLITE_NOTADB',
    { code: 'trace/not-a-trace', what: 'it is not a kwind trace', hint: 'kwind record and kwind import make traces.' },
  ],
  ['SQLITE_CORRUPT', damaged],
  ['SQLITE_IOERR_SHORT_READ', damaged],
  ['SQLITE_IOERR_CORRUPTFS', damaged],
  ['SQLITE_FULL', { code: 'trace/io', what: 'the disk is full', hint: 'Make room and record again.' }],
  [
    'SQLITE_BUSY',
    {
      code: 'trace/busy',
      what: 'another process holds it locked',
      hint: 'Wait for the other kwind to end, or stop it.',
    },
  ],
  ['SQLITE_LOCKED', { code: 'trace/busy', what: 'it is in use', hint: 'Wait for the other kwind to end, or stop it.' }],
  [
    'SQLITE_CANTOPEN',
    { code: 'trace/io', what: 'it cannot be opened', hint: 'Check the permissions of the file and its folder.' },
  ],
  [
    'SQLITE_READONLY',
    { code: 'trace/io', what: 'it cannot be written', hint: 'Check the permissions of the file and its folder.' },
  ],
  [
    'SQLITE_IOERR',
    {
      code: 'trace/io',
      what: 'reading or writing failed',
      hint: 'Check the disk, and the limit on file sizes (ulimit -f).',
    },
  ],
  // Out of memory and "string or blob too big" come from damaged sizes inside the file.
  ['SQLITE_', damaged],
];

/** What SQLite, zlib or the file system said, as one of ours; an error that is ours already passes. */
export function asToolError(error: unknown, path: string, safe = ''): ToolError {
  if (error instanceof ToolError && error.code !== 'event/corrupt') return error;
  if (error instanceof Database.SqliteError) {
    const saying = sayings.find(([start]) => error.code.startsWith(start))![1];
    return new ToolError(saying.code, `${path}: ${saying.what} (${error.code}).${safe}`, saying.hint, { cause: error });
  }
  // better-sqlite3's word for a closed connection; rows are checked for their types, so damage cannot cause one.
  if (error instanceof TypeError)
    return new ToolError(
      'internal/invariant',
      `${path}: ${error.message}.`,
      'This is a bug in kwind; please report it.',
      { cause: error },
    );
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new ToolError('trace/not-found', `${path} does not exist.`, 'Check the name.', { cause: error });
  if (code?.startsWith('E') && 'syscall' in (error as object)) {
    return new ToolError(
      'trace/io',
      `${path}: ${(error as Error).message}.${safe}`,
      'Check the permissions of the file and its folder, and the disk.',
      { cause: error },
    );
  }
  return new ToolError(
    'trace/damaged',
    `${path}: ${error instanceof Error ? error.message : String(error)}`,
    damaged.hint,
    { cause: error },
  );
}
