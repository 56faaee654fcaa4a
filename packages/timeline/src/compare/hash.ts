/** Fold one word into a 32-bit hash (the mixing of MurmurHash3: neighbouring words end far apart). */
export function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

const TWO_32 = 0x1_0000_0000;

/** Fold a whole number below 2^53. */
export const mixNumber = (hash: number, value: number): number =>
  value >= 0 && value < TWO_32 ? mix(hash, value) : mix(mix(hash, value | 0), Math.floor(value / TWO_32) | 0);

/**
 * The last step: every bit depends on all; never 0, which stands for "does not count". With its sign, like all words on the
 * hot path: half of the others would be objects.
 */
export function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16) || 1;
}

/** Below 2^32, never 0. */
export function hashText(text: string): number {
  let h = text.length;
  for (let i = 0; i < text.length; i++) h = mix(h, text.charCodeAt(i));
  return finish(h) >>> 0;
}

/** A list of whole numbers below 2^32 that grows. */
export class Numbers {
  // Many are short, and 64 bytes are all that an array is given without a buffer of its own.
  #values = new Uint32Array(16);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Uint32Array(2 * this.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }
  at(i: number): number {
    return this.#values[i]!;
  }
  set(i: number, value: number): void {
    this.#values[i] = value;
  }
}
