import type { RawBatch } from '@kwind/events/raw';
import type { KernelProfile } from '@kwind/x86';

/** One side of a store to an entry, in what the rules ask of it first. */
export interface EntrySide {
  readonly present: boolean;
  readonly writable: boolean;
  readonly noExec: boolean;
  /** One of the bits that say a memory type, a large page or an address beyond the CPU's width. */
  readonly special: boolean;
}

/** What a store is like, coarsely: the same for thousands of stores, so that a rule is asked once for all of them. */
export interface EntryKind {
  /** The entry is not of the lowest level. */
  readonly upper: boolean;
  readonly before: EntrySide;
  readonly after: EntrySide;
}

/** Number of kinds; {@link EntryKinds.of} gives 0 up to it. */
export const NR_KINDS = 512;

const PRESENT = 1;
const RW = 2;
/** PWT, PCD, PSE or PAT, and PAT of a large page. */
const SPECIAL_LOW = 0x18 | 0x80 | 0x1000;
const HIGHEST = 20;

const sideOf = (bits: number): EntrySide => ({
  present: (bits & 1) !== 0,
  writable: (bits & 2) !== 0,
  noExec: (bits & 4) !== 0,
  special: (bits & 8) !== 0,
});

/** The kind that a number stands for. */
export const kindOf = (number: number): EntryKind => ({
  upper: (number & 256) !== 0,
  before: sideOf(number & 15),
  after: sideOf((number >> 4) & 15),
});

/** Tells kinds of stores from their words. */
export class EntryKinds {
  readonly #specialHigh: number;

  constructor({ physBits }: KernelProfile) {
    const width = Math.min(HIGHEST, Math.max(0, physBits - 32));
    this.#specialHigh = ((1 << HIGHEST) - 1) & ~((1 << width) - 1);
  }

  /** The number of row i's kind. */
  of({ codes, offsets, words }: RawBatch, i: number): number {
    const at = offsets[i]!;
    return (
      this.#side(words[at + 3]!, words[at + 4]!) |
      (this.#side(words[at + 5]!, words[at + 6]!) << 4) |
      ((codes[i]! & 7) === 0 ? 0 : 256)
    );
  }

  #side(low: number, high: number): number {
    const special = (low & SPECIAL_LOW) | (high & this.#specialHigh);
    return (low & (PRESENT | RW)) | ((high >>> 31) << 2) | (special === 0 ? 0 : 8);
  }
}
