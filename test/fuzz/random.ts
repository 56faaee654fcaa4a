/** Numbers that look random and are the same for the same seed (splitmix32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** The generator of case `index` of a run: any case can be repeated without those before it. */
  static ofCase(seed: number, index: number): Random {
    return new Random(Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(index + 1, 0xc2b2_ae35));
  }

  /** A whole number from 0 up to, not including, `below`; 0 when there is no such number. */
  below(below: number): number {
    this.#state = (this.#state + 0x9e37_79b9) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0_aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a_2d97);
    return Math.floor((((z ^ (z >>> 15)) >>> 0) / 2 ** 32) * Math.max(1, below));
  }
  /** From `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }
  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  /** A few, mostly 1. */
  few(most: number): number {
    return this.oneIn(2) ? 1 : this.between(1, most);
  }
  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let i = 0; i < length; i++) bytes[i] = this.below(256);
    return bytes;
  }
}
