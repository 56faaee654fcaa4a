import { parseNumber, ToolError } from '@kwind/x86';
import type { Show } from './ast.ts';
import type { Fail } from './errors.ts';
import { textAt } from './text.ts';

export type Token = { readonly at: number; readonly end: number } & (
  | { readonly kind: 'number'; readonly value: bigint; readonly show: Show }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'symbol'; readonly text: string }
  // Whatever cannot be part of an expression ends it: the end of the text, `{`, `@`, `;`, `..`.
  | { readonly kind: 'end'; readonly text: string }
);

/** Longest first, so that `<<` is not read as two `<`. */
const symbols = [
  '||',
  '&&',
  '==',
  '!=',
  '<=',
  '>=',
  '<<',
  '>>',
  '|',
  '^',
  '&',
  '<',
  '>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '!',
  '~',
  '(',
  ')',
  '[',
  ']',
  '.',
  ',',
];

const spaces = /[ \t\r\n]*/y;
const word = /\$\w*|[A-Za-z_]\w*/y;
const digits = /[0-9]\w*/y;

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** The token at or after `from`; a token is read only when asked for, so that a foreign text may follow an expression. */
export function tokenAt(text: string, from: number, fail: Fail): Token {
  const at = from + match(spaces, text, from).length;
  const first = text[at];
  if (first === undefined) return { kind: 'end', at, end: at, text: '' };
  const name = match(word, text, at);
  if (name !== '') return { kind: 'word', at, end: at + name.length, text: name };
  const number = match(digits, text, at);
  if (number !== '') return numberToken(number, at, fail);
  if (first === '"' || first === "'") return stringToken(text, at, first, fail);
  const symbol = text.startsWith('..', at) ? undefined : symbols.find((candidate) => text.startsWith(candidate, at));
  if (symbol !== undefined) return { kind: 'symbol', at, end: at + symbol.length, text: symbol };
  return { kind: 'end', at, end: at, text: first };
}

function numberToken(written: string, at: number, fail: Fail): Token {
  // C's suffixes say nothing here: every number is an unsigned long.
  const text = written.replace(/(?<=[0-9a-f])(?:ul{0,2}|l{1,2}u?)$/i, '');
  if (/^0[0-9]/.test(text)) {
    fail(
      'expression/syntax',
      at,
      `${written} has a leading zero, which C reads as octal.`,
      `Write ${text.replace(/^0+(?=.)/, '')}, or 0x… for hex.`,
    );
  }
  try {
    const value = parseNumber(text);
    return { kind: 'number', at, end: at + written.length, value, show: /^0x/i.test(text) ? 'hex' : 'dec' };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const hint = /^[0-9a-f]{5,16}$/i.test(text) ? `Did you mean 0x${text}?` : error.hint;
    return fail('expression/syntax', at, error.message, hint);
  }
}

function stringToken(text: string, at: number, quote: string, fail: Fail): Token {
  const found = textAt(text, at);
  if (found) return { kind: 'string', at, ...found };
  return fail(
    'expression/syntax',
    at,
    `the text that starts here has no closing ${quote}.`,
    `Add ${quote} where it ends.`,
  );
}
