import type { ScriptError } from '@kwind/kernel';
import type { ToolError } from '@kwind/x86';
import { exitCodeOf, exitCodes, Interrupted, isToolError, UsageError } from './exit-code.ts';
import type { Io } from './io.ts';
import { ClosedPipe, write } from './output.ts';
import { sourceStack } from './source-stack.ts';
import { paintFor, safe } from './terminal.ts';

/** Say on stderr what went wrong and what to do about it; returns the exit code. */
export async function report(error: unknown, io: Io): Promise<number> {
  if (error instanceof ClosedPipe) return exitCodes.ok;
  const { code, message, hint } = sayingOf(error);
  const paint = paintFor(io, io.stderr);
  const lines = [
    `${paint('red', 'kwind:')} ${message}`,
    ...(await placeLines(error)),
    ...(hint === '' ? [] : [`  ${hint}`]),
  ];
  try {
    await write(io.stderr, `${lines.join('\n')}\n`);
  } catch {
    // Nobody is left to read it; the exit code still tells.
  }
  return code;
}

/** For a mistake in a script or an expression: its line, and a caret under the column. */
async function placeLines(error: unknown): Promise<readonly string[]> {
  if (!isToolError(error) || !/^(?:script|expression)\//.test(error.code)) return [];
  const lines =
    'place' in error ? (await import('@kwind/kernel')).describeAt(error as ScriptError) : await caretOf(error);
  return lines === '' ? [] : lines.split('\n').map((line) => `    ${safe(line)}`);
}

async function caretOf(error: ToolError): Promise<string> {
  const { caretLines, ExpressionError } = await import('@kwind/state');
  return error instanceof ExpressionError ? caretLines(error.text, error.column) : '';
}

interface Saying {
  readonly code: number;
  readonly message: string;
  readonly hint: string;
}

export function sayingOf(error: unknown): Saying {
  if (isToolError(error) && exitCodeOf(error.code) !== exitCodes.internal) {
    return { code: exitCodeOf(error.code), message: safe(error.message), hint: safe(error.hint) };
  }
  if (error instanceof UsageError)
    return { code: exitCodes.usage, message: safe(error.message), hint: safe(error.hint) };
  if (error instanceof Interrupted)
    return { code: exitCodes.interrupted, message: safe(error.message), hint: safe(error.hint) };
  if (isSystemError(error)) return { code: exitCodes.usage, message: safe(error.message), hint: '' };
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const text = sourceStack(stack).split('\n').map(safe).join('\n');
  return {
    code: exitCodes.internal,
    message: `internal error\n${text}`,
    hint: 'This is a bug in kwind: please report it, with the command and the text above.',
  };
}

/** A failed call of the operating system: the disk is full, a folder cannot be entered. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'errno' in error;
}
