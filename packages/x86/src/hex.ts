import { isCanonical, u64, vaddr, type Vaddr } from './address.ts';
import { ToolError } from './errors.ts';

/** `0x` and the digits needed: the form of every 64-bit quantity in JSON. A minus sign goes before the `0x`. */
export const hex = (value: bigint | number): string =>
  value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;

/** `0x` and exactly 16 digits: the form of an address on screen. */
export const hex16 = (value: bigint): string => `0x${u64(value).toString(16).padStart(16, '0')}`;

/** 16 digits without prefix, as the kernel's `%016lx`. */
export const bare16 = (value: bigint): string => u64(value).toString(16).padStart(16, '0');

/** `%08lx`: at least eight digits, more when needed. */
export const bare8 = (value: bigint): string => u64(value).toString(16).padStart(8, '0');

const U64_MAX = 0xffff_ffff_ffff_ffffn;
const unitShifts = ['', 'K', 'M', 'G', 'T'];
const numberPattern = /^(0x[0-9a-f]+(?:_[0-9a-f]+)*|[0-9]+(?:_[0-9]+)*)([kmgt]?)$/i;

/**
 * Read an unsigned 64-bit number: `0x…` hex, decimal, `_` between digits, and a K/M/G/T suffix on either.
 * @throws ToolError number/invalid with `what` in the message
 */
export function parseNumber(text: string, what = 'number'): bigint {
  const match = numberPattern.exec(text.trim());
  if (!match) {
    throw new ToolError(
      'number/invalid',
      `${what} "${text}" is not a number.`,
      'Write 0x… for hex, digits for decimal; K, M, G and T multiply.',
    );
  }
  const shift = BigInt(10 * unitShifts.indexOf(match[2]!.toUpperCase()));
  const value = BigInt(match[1]!.replaceAll('_', '')) << shift;
  if (value > U64_MAX)
    throw new ToolError(
      'number/invalid',
      `${what} "${text}" does not fit in 64 bits.`,
      `The largest is ${hex(U64_MAX)}.`,
    );
  return value;
}

/** Digits without `0x` that can only be meant as hex: they hold a letter, or are the full 16 of a kernel log. */
function bareHex(text: string): string | undefined {
  if (!/^[0-9a-f]+(?:_[0-9a-f]+)*$/i.test(text)) return undefined;
  const digits = text.replaceAll('_', '');
  if (digits.length < 5 || digits.length > 16) return undefined;
  return digits.length === 16 || /[a-f]/i.test(digits) ? digits : undefined;
}

/**
 * Read a virtual address. `ffffffffff200000` needs no `0x`: 5 to 16 digits are hex when one of them is a letter or when there
 * are 16. Anything else is read as {@link parseNumber} reads it, so `100000` is decimal.
 * @throws ToolError address/invalid, or address/not-canonical with the nearest canonical address
 */
export function parseVaddr(text: string, nrLevels: 4 | 5 = 4): Vaddr {
  const trimmed = text.trim();
  const bare = bareHex(trimmed);
  let value: bigint;
  try {
    value = bare === undefined ? parseNumber(trimmed, 'address') : BigInt(`0x${bare}`);
  } catch (cause) {
    const what = numberPattern.test(trimmed)
      ? `address "${trimmed}" does not fit in 64 bits.`
      : `"${trimmed}" is not an address.`;
    throw new ToolError('address/invalid', what, 'Write it in hex, for example 0xffffffffff200000.', { cause });
  }
  if (isCanonical(value, nrLevels)) return vaddr(value);
  const bits = nrLevels === 5 ? 57 : 48;
  const near = u64(BigInt.asIntN(bits, value));
  throw new ToolError(
    'address/not-canonical',
    `address ${hex16(value)} is not canonical: bits 63 to ${bits - 1} must all be equal with ${nrLevels}-level paging.`,
    `Did you mean ${hex16(near)}?`,
  );
}
