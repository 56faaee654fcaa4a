import type { BinaryOperator } from './ast.ts';
import type { Value } from './values.ts';

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** Numbers on both sides; unsigned 64-bit as C's unsigned long. Undefined where C leaves the result open: a division by zero. */
export const arithmetic: Readonly<Partial<Record<BinaryOperator, (a: bigint, b: bigint) => bigint | undefined>>> = {
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '&': (a, b) => a & b,
  // C leaves shifts by 64 and more open; here everything is shifted out.
  '<<': (a, b) => (b > 63n ? 0n : u64(a << b)),
  '>>': (a, b) => a >> b,
  '+': (a, b) => u64(a + b),
  '-': (a, b) => u64(a - b),
  '*': (a, b) => u64(a * b),
  '/': (a, b) => (b === 0n ? undefined : a / b),
  '%': (a, b) => (b === 0n ? undefined : a % b),
};

export const ordering: Readonly<Partial<Record<BinaryOperator, (a: bigint, b: bigint) => boolean>>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** What stands for true: a number other than 0, a non-empty text, any record or list. */
export function truth(value: Value): boolean {
  if (typeof value === 'bigint') return value !== 0n;
  if (typeof value === 'string') return value !== '';
  return value !== null && value !== false;
}

/** `true` is 1 beside a number, as in C; no value equals only no value. */
export function equal(a: Value, b: Value): boolean {
  if (typeof a === 'boolean' && typeof b === 'bigint') return BigInt(a) === b;
  if (typeof a === 'bigint' && typeof b === 'boolean') return a === BigInt(b);
  return a === b;
}

/** `x == NULL`: NULL is the pointer 0, and what has no value. */
export const isNull = (value: Value): boolean => value === null || value === 0n || value === false;
