import { parseNumber, ToolError } from '@kwind/x86';

/** An address or an amount of 64 bits as a column: always 16 digits, so that texts compare as unsigned numbers do. */
export const wide = (value: bigint): string => `0x${value.toString(16).padStart(16, '0')}`;

/** What SQL hands to a function as an address: text, or a number that SQLite could hold. */
export function addressOf(value: unknown, what: string): bigint {
  if (typeof value === 'bigint') return BigInt.asUintN(64, value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt.asUintN(64, BigInt(value));
  if (typeof value === 'string') return BigInt.asUintN(64, parseNumber(value, what));
  throw new ToolError(
    'address/invalid',
    `${what} needs an address, not ${String(value)}.`,
    "Write it in quotes: '0xffffffffff200000'.",
  );
}

export function positionOf(value: unknown, length: number, what: string): number {
  const position = Number(value);
  if (Number.isInteger(position) && position >= 0 && position <= length) return position;
  throw new ToolError(
    'position/invalid',
    `${what} needs a position from 0 to ${length}, not ${String(value)}.`,
    'kwind info shows how long a trace is.',
  );
}
