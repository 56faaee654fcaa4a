/** Event codes as a bitmap: bit `code & 7` of byte `code >> 3`, without the zero bytes at the end. */
export function packCodes(codes: ArrayLike<number>): Buffer {
  const bits = Buffer.alloc(32);
  for (let i = 0; i < codes.length; i++) bits[codes[i]! >> 3]! |= 1 << (codes[i]! & 7);
  let used = bits.length;
  while (used > 0 && bits[used - 1] === 0) used--;
  return bits.subarray(0, used);
}

export function unpackCodes(bits: Uint8Array): Set<number> {
  const codes = new Set<number>();
  for (let code = 0; code < Math.min(bits.length, 32) * 8; code++) {
    if (hasCode(bits, code)) codes.add(code);
  }
  return codes;
}

export const hasCode = (bits: Uint8Array, code: number): boolean => ((bits[code >> 3] ?? 0) & (1 << (code & 7))) !== 0;
