const TWO_32 = 0x1_0000_0000;
const FIRST_PLACES = 64;
/** Places that are looked at before a frame goes elsewhere: frames made to collide must not make it slow. */
const PROBES = 32;

/** Whole numbers from 1 on by page frame number, given as two words with their signs: most events look one up. */
export class FrameMap {
  #lows = new Int32Array(FIRST_PLACES);
  #highs = new Int32Array(FIRST_PLACES);
  /** 0 in a place that is free. */
  #values = new Uint32Array(FIRST_PLACES);
  #size = 0;
  readonly #others = new Map<number, number>();

  /** 0 where there is none. */
  get(lo: number, hi: number): number {
    const place = this.#placeOf(lo, hi);
    return place < 0 ? (this.#others.get(joined(lo, hi)) ?? 0) : this.#values[place]!;
  }

  set(lo: number, hi: number, value: number): void {
    if (2 * this.#size >= this.#values.length) this.#grow();
    this.#put(lo, hi, value);
  }

  #put(lo: number, hi: number, value: number): void {
    const place = this.#placeOf(lo, hi);
    if (place < 0) return void this.#others.set(joined(lo, hi), value);
    if (this.#values[place] === 0) this.#size++;
    this.#lows[place] = lo;
    this.#highs[place] = hi;
    this.#values[place] = value;
  }

  /** Where a frame is, or would go; −1 when that is elsewhere. */
  #placeOf(lo: number, hi: number): number {
    const mask = this.#values.length - 1;
    let hash = Math.imul(lo ^ Math.imul(hi, 0x85ebca6b), 0x9e3779b1);
    hash ^= hash >>> 15;
    for (let probe = 0; probe < PROBES; probe++, hash++) {
      const place = hash & mask;
      if (this.#values[place] === 0 || (this.#lows[place] === lo && this.#highs[place] === hi)) return place;
    }
    return -1;
  }

  #grow(): void {
    const [lows, highs, values, others] = [this.#lows, this.#highs, this.#values, [...this.#others]];
    const length = 2 * values.length;
    this.#lows = new Int32Array(length);
    this.#highs = new Int32Array(length);
    this.#values = new Uint32Array(length);
    this.#size = 0;
    this.#others.clear();
    for (let i = 0; i < values.length; i++) if (values[i] !== 0) this.#put(lows[i]!, highs[i]!, values[i]!);
    for (const [frame, value] of others) this.#put(lowOf(frame), highOf(frame), value);
  }
}

/** A frame number as two words with their signs, and back. */
export const lowOf = (frame: number): number => frame | 0;
export const highOf = (frame: number): number => Math.floor(frame / TWO_32) | 0;
export const joined = (lo: number, hi: number): number => (hi >>> 0) * TWO_32 + (lo >>> 0);
