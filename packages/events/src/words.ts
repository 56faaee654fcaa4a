// One bigint aliased by two u32 halves: an order of magnitude faster than shifting and masking bigints.
const wide = new BigUint64Array(1);
const halves = new Uint32Array(wide.buffer);

/** The 64-bit value of two words, low half first. */
export function joinWords(lo: number, hi: number): bigint {
  halves[0] = lo;
  halves[1] = hi;
  return wide[0]!;
}

/** Store the low 64 bits of `value` at `words[at]` and `words[at + 1]`, low half first. */
export function splitInto(words: Uint32Array, at: number, value: bigint): void {
  wide[0] = value;
  words[at] = halves[0]!;
  words[at + 1] = halves[1]!;
}

const TWO_32 = 0x1_0000_0000;
/** A number of up to 53 bits out of two words. */
export const joinNumber = (lo: number, hi: number): number => hi * TWO_32 + lo;
export const highWord = (value: number): number => Math.floor(value / TWO_32);
