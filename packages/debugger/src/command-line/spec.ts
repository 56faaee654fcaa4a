import { parseNumber, ToolError } from '@kwind/x86';
import type { CommandHelp } from '../answers.ts';
import type { Command } from '../protocol.ts';

/** A command as people type it: its help, and how the rest of the line is read. */
export interface CommandSpec extends CommandHelp {
  parse(rest: string): Command;
}

/** A refused line: what is wrong, and how the command is used. */
export const usageError = (what: string, spec: { readonly usage: string }): ToolError =>
  new ToolError('command/usage', what, `Usage: ${spec.usage}`);

/**
 * A count behind a command: 1 when there is none.
 * @throws ToolError command/usage for anything but a number from 1 on
 */
export function countOf(rest: string, spec: { readonly usage: string }): number {
  if (rest === '') return 1;
  const value = /^[0-9]/.test(rest) ? numberOf(rest) : undefined;
  if (value === undefined || value < 1n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw usageError(`"${rest}" is not a count.`, spec);
  }
  return Number(value);
}

function numberOf(text: string): bigint | undefined {
  try {
    return parseNumber(text);
  } catch {
    return undefined;
  }
}

/** Numbers of breakpoints or displays: `1 3 5-7`. None means all. */
export function numbersOf(rest: string, spec: { readonly usage: string }): readonly number[] {
  if (rest === '') return [];
  return rest.split(/[\s,]+/).flatMap((word) => {
    const range = /^([0-9]{1,6})(?:-([0-9]{1,6}))?$/.exec(word);
    if (!range) throw usageError(`"${word}" is not a number.`, spec);
    const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])];
    if (last < first || last - first > 1000) throw usageError(`"${word}" is not a range of numbers.`, spec);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** The rest of the line, which must not be empty. */
export function needed(rest: string, what: string, spec: { readonly usage: string }): string {
  if (rest === '') throw usageError(`${what} is missing.`, spec);
  return rest;
}

/** A command that takes nothing behind it. */
export function nothing(rest: string, spec: { readonly usage: string }): void {
  if (rest !== '') throw usageError(`"${rest}" is too much.`, spec);
}

/** The first word and the rest. */
export function firstWord(text: string): readonly [string, string] {
  const match = /^(\S+)\s*([\s\S]*)$/.exec(text.trim());
  return match ? [match[1]!, match[2]!.trimEnd()] : ['', ''];
}
