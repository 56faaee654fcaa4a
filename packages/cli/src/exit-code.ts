import type { ErrorCode, ToolError } from '@kwind/x86';

/** What the shell gets to see. */
export const exitCodes = {
  ok: 0,
  /** It differs, a rule is broken, an expectation failed. */
  differs: 1,
  /** Wrong usage, or input and output that do not work. */
  usage: 2,
  schema: 3,
  integrity: 4,
  /** Our own bug; the number is EX_SOFTWARE of sysexits.h. */
  internal: 70,
  interrupted: 130,
  /** As of a program that SIGPIPE ends: nobody read the verdict to its end, so there is none. */
  unread: 141,
} as const;

/** Of a command that `bisect` runs, ours or git's: this one cannot be judged. */
export const CANNOT_JUDGE = 125;

/**
 * What `git bisect run` should see: it takes 1 to 127 for bad, but 125 for "cannot judge" and 128 and more for "stop".
 * A trace of another kwind and a damaged one cannot be judged; a mistake in the command line must convict nobody.
 */
export function bisectExitCode(code: number): number {
  if (code === exitCodes.ok || code === exitCodes.differs || code === CANNOT_JUDGE || code > 127) return code;
  return code === exitCodes.schema || code === exitCodes.integrity ? CANNOT_JUDGE : 255;
}

/** Codes that do not follow their family. */
const byCode: Partial<Record<ErrorCode, number>> = {
  'trace/newer-schema': exitCodes.schema,
  'trace/damaged': exitCodes.integrity,
  'event/corrupt': exitCodes.integrity,
};

const byFamily: Readonly<Record<string, number>> = {
  state: exitCodes.integrity,
  internal: exitCodes.internal,
};

/** Every family that is not named is wrong usage or trouble with a file. */
export function exitCodeOf(code: ErrorCode): number {
  return byCode[code] ?? byFamily[code.split('/', 1)[0]!] ?? exitCodes.usage;
}

/** By its shape: `--help` must not load the room that declares the class. */
export function isToolError(error: unknown): error is ToolError {
  return (
    error instanceof Error &&
    'hint' in error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.includes('/')
  );
}

/** The command line cannot be understood. */
export class UsageError extends Error {
  readonly hint: string;
  constructor(message: string, hint = '') {
    super(message);
    this.hint = hint;
  }
}

/** ^C ended the work, and what was done until then is kept. */
export class Interrupted extends Error {
  readonly hint: string;
  constructor(message: string, hint = '') {
    super(message);
    this.hint = hint;
  }
}
