import type { RawBatch } from '@kwind/events/raw';
import { levels, pte, type Level, type Pte } from '@kwind/x86';

const TWO_32 = 0x1_0000_0000;
const PRESENT = 1;
const PSE = 0x80;
/** Frame bits 32 to 51 of an entry, in its high half. */
const FRAME_HIGH = 0xf_ffff;

/** A store to a page-table entry as numbers: nothing is allocated for it. One object for the whole pass. */
export class EntryRow {
  code = 0;
  table = 0;
  index = 0;
  beforeLo = 0;
  beforeHi = 0;
  afterLo = 0;
  afterHi = 0;

  read({ codes, offsets, words }: RawBatch, i: number): this {
    const at = offsets[i]!;
    this.code = codes[i]!;
    this.table = words[at]! + words[at + 1]! * TWO_32;
    this.index = words[at + 2]!;
    this.beforeLo = words[at + 3]!;
    this.beforeHi = words[at + 4]!;
    this.afterLo = words[at + 5]!;
    this.afterHi = words[at + 6]!;
    return this;
  }

  /** 0 for pte to 4 for pgd. */
  get depth(): number {
    return this.code & 7;
  }
  get level(): Level {
    return levels[this.depth]!;
  }
  get before(): Pte {
    return pte((BigInt(this.beforeHi) << 32n) | BigInt(this.beforeLo));
  }
  get after(): Pte {
    return pte((BigInt(this.afterHi) << 32n) | BigInt(this.afterLo));
  }
  /** Frame that the old entry points to. */
  get frameBefore(): number {
    return frameOf(this.beforeLo, this.beforeHi);
  }
  get frameAfter(): number {
    return frameOf(this.afterLo, this.afterHi);
  }
  get wasLeaf(): boolean {
    return isLeaf(this.depth, this.beforeLo);
  }
  get isLeaf(): boolean {
    return isLeaf(this.depth, this.afterLo);
  }
  get wasLink(): boolean {
    return isLink(this.depth, this.beforeLo);
  }
  get isLink(): boolean {
    return isLink(this.depth, this.afterLo);
  }
}

const frameOf = (low: number, high: number): number => (high & FRAME_HIGH) * 0x10_0000 + (low >>> 12);

const isLeaf = (depth: number, low: number): boolean =>
  (low & PRESENT) !== 0 && (depth === 0 || (depth <= 2 && (low & PSE) !== 0));

const isLink = (depth: number, low: number): boolean =>
  (low & PRESENT) !== 0 && depth > 0 && !(depth <= 2 && (low & PSE) !== 0);
