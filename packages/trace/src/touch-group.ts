import { isEntryCode, type EventBatch } from '@kwind/events';
import { rawOf } from '@kwind/events/raw';
import { ToolError } from '@kwind/x86';
import { entryOf, slotKey, touchPlans, type TouchPlan } from './touch.ts';
import { HIT_BYTES, MASK_WORDS, writeHit } from './touch-hits.ts';

/** Batches whose touches are stored together. More make a smaller index, and a longer tail that a killed recorder leaves without one. */
export const BATCHES_A_GROUP = 64;

const TWO_32 = 0x1_0000_0000;
const MAX_PFN_HIGH = 2 ** 20;
/** Words of a hit while it is collected, and where its parts stand. */
const HIT = 2 + MASK_WORDS;
const NEXT = 1;
const MASK = 2;
/** By event code, what of a row is touched. */
const NOTHING = 0;
const ENTRY = 1;
const OTHER = 2;
const kinds = Uint8Array.from({ length: 256 }, (_, code) => {
  if (isEntryCode(code)) return ENTRY;
  return touchPlans[code] ? OTHER : NOTHING;
});
/** By event code, where a row names its table; −1 where it does not. */
const tablePlaces = Int8Array.from({ length: 256 }, (_, code) =>
  isEntryCode(code) ? 0 : (touchPlans[code]?.table ?? -1),
);
const scratch = new Uint8Array(BATCHES_A_GROUP * HIT_BYTES);

/** One row of the touch index. */
export interface TouchRow {
  readonly key: number;
  readonly hits: Uint8Array;
}

/** Collects what the batches of one group touch. Hits are chained by key in growing typed arrays: there may be thousands a batch. */
export class TouchGroup {
  readonly #rows = new Map<number, number>();
  /** By row, two words: its first hit and its last. */
  #ends: Uint32Array = new Uint32Array(2 * 1024);
  // A hit: number of its batch in the group, the key's next hit (0: none), the mask of its entries.
  #hits: Uint32Array = new Uint32Array(HIT * 1024);
  #count = 0;
  #seqs: number[] = [];

  get batches(): number {
    return this.#seqs.length;
  }
  get firstSeq(): number {
    return this.#seqs[0] ?? 0;
  }

  /** @throws ToolError event/bad-field for a frame that no machine has; nothing of the batch counts then */
  add(batch: EventBatch): void {
    const { codes, offsets, words } = rawOf(batch);
    checkFrames(codes, offsets, words);
    let hits = this.#hits;
    let hit = -1;
    let hitLo = 0;
    let hitHi = 0;
    for (let i = 0; i < codes.length; i++) {
      const kind = kinds[codes[i]!]!;
      if (kind === NOTHING) continue;
      const at = offsets[i]!;
      if (kind === OTHER) {
        this.#addOther(touchPlans[codes[i]!]!, words, at);
        hits = this.#hits;
        continue;
      }
      // Neighbouring stores mostly go to one table.
      const lo = words[at]!;
      const hi = words[at + 1]!;
      if (hit < 0 || lo !== hitLo || hi !== hitHi) {
        hit = HIT * this.#hitOf(hi * TWO_32 + lo) + MASK;
        hits = this.#hits;
        hitLo = lo;
        hitHi = hi;
      }
      const entry = entryOf(words[at + 2]!);
      hits[hit + (entry >> 5)]! |= 1 << (entry & 31);
    }
    this.#seqs.push(batch.firstSeq);
  }

  /** An event that is no store to an entry. */
  #addOther({ slot, table, index }: TouchPlan, words: Uint32Array, at: number): void {
    if (slot >= 0) {
      const mask = HIT * this.#hitOf(slotKey(words[at + slot]!)) + MASK;
      this.#hits[mask]! |= 1;
    }
    if (table < 0) return;
    const mask = HIT * this.#hitOf(words[at + table + 1]! * TWO_32 + words[at + table]!) + MASK;
    const entry = index < 0 ? -1 : entryOf(words[at + index]!);
    if (entry < 0) this.#hits.fill(0xffff_ffff, mask, mask + MASK_WORDS);
    else this.#hits[mask + (entry >> 5)]! |= 1 << (entry & 31);
  }

  /** Count a batch whose touches are not known. */
  skip(firstSeq: number): void {
    this.#seqs.push(firstSeq);
  }

  /** The rows in order of their keys; the group is empty afterwards. */
  take(): TouchRow[] {
    const keys = Float64Array.from(this.#rows.keys()).sort();
    const rows = Array.from(keys, (key) => ({ key, hits: this.#hitsOf(this.#rows.get(key)!) }));
    this.#rows.clear();
    // All at once: clearing each hit as it is begun would cost more than the hit.
    this.#hits.fill(0, 0, HIT * this.#count);
    this.#count = 0;
    this.#seqs = [];
    return rows;
  }

  /** The hit of a key in the batch that is being added. */
  #hitOf(key: number): number {
    const batch = this.#seqs.length;
    const row = this.#rows.get(key);
    if (row === undefined) return this.#firstHit(key, batch);
    const last = this.#ends[2 * row + 1]!;
    if (this.#hits[HIT * last] === batch) return last;
    const hit = this.#newHit(batch);
    this.#hits[HIT * last + NEXT] = hit;
    this.#ends[2 * row + 1] = hit;
    return hit;
  }

  #firstHit(key: number, batch: number): number {
    const row = this.#rows.size;
    this.#rows.set(key, row);
    if (2 * this.#rows.size > this.#ends.length) this.#ends = doubled(this.#ends);
    const hit = this.#newHit(batch);
    this.#ends.fill(hit, 2 * row, 2 * row + 2);
    return hit;
  }

  #newHit(batch: number): number {
    const hit = this.#count++;
    if (HIT * this.#count > this.#hits.length) this.#hits = doubled(this.#hits);
    this.#hits[HIT * hit] = batch;
    return hit;
  }

  #hitsOf(row: number): Uint8Array {
    let end = 0;
    let previous = this.firstSeq;
    let hit = this.#ends[2 * row]!;
    do {
      const seq = this.#seqs[this.#hits[HIT * hit]!]!;
      end = writeHit(scratch, end, seq - previous, this.#hits, HIT * hit + MASK);
      previous = seq;
      hit = this.#hits[HIT * hit + NEXT]!;
    } while (hit !== 0);
    return scratch.slice(0, end);
  }
}

function checkFrames(codes: Uint8Array, offsets: Uint32Array, words: Uint32Array): void {
  for (let i = 0; i < codes.length; i++) {
    const table = tablePlaces[codes[i]!]!;
    if (table < 0 || words[offsets[i]! + table + 1]! < MAX_PFN_HIGH) continue;
    const frame = words[offsets[i]! + table + 1]! * TWO_32 + words[offsets[i]! + table]!;
    const what = `frame 0x${frame.toString(16)} of a page table is beyond 52 bits.`;
    throw new ToolError('event/bad-field', what, 'It cannot be a frame of an x86-64 machine.');
  }
}

function doubled(words: Uint32Array): Uint32Array {
  const grown = new Uint32Array(words.length * 2);
  grown.set(words);
  return grown;
}
