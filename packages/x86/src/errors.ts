/**
 * Every way in which our own tool can refuse. Kernel trouble (WARN, BUG, a leaked slot) is an event, never one of these.
 * Tests assert codes, not prose; the CLI maps a code's family to its exit status.
 */
export const errorCodes = [
  'address/invalid',
  'address/not-canonical',
  'number/invalid',
  'fixmap/unknown',
  'profile/unknown',
  'option/invalid',
  'event/unknown-type',
  'event/bad-field',
  'event/corrupt',
  'state/mismatch',
  'trace/not-found',
  'trace/not-a-trace',
  'trace/newer-schema',
  'trace/damaged',
  'trace/busy',
  'trace/exists',
  'trace/io',
  'script/syntax',
  'script/name',
  'script/type',
  'expression/syntax',
  'expression/name',
  'expression/type',
  'import/unreadable',
  'import/format',
  'import/nothing-found',
  'position/invalid',
  'command/unknown',
  'command/usage',
  'io/unreadable',
  'io/unwritable',
  'internal/invariant',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/**
 * What happened and where (`message`), and what to do about it (`hint`).
 * `code` is stable; the texts are not.
 */
export class ToolError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint = '', options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ToolError';
    this.code = code;
    this.hint = hint;
  }
}

/** For the arm of a `switch` that no value can reach; a new union member fails to compile there. */
export function assertNever(value: never, what: string): never {
  throw new ToolError(
    'internal/invariant',
    `unexpected ${what}: ${String(value)}`,
    'This is a bug in kwind; please report it.',
  );
}
