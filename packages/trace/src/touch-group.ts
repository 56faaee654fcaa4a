import { isEntryCode, type EventBatch } from '@kwind/events';
import { rawOf } from '@kwind/events/raw';
import { ToolError } from '@kwind/x86';
import { entryOf, slotKey, touchPlans, type TouchPlan } from './touch.ts';
import { HIT_BYTES, MASK_WORDS, ROW_MARK, writeHit, writeMaskHit } from './touch-hits.ts';

/** Batches whose touches are stored together. More make a smaller index, and a longer tail that a killed recorder leaves without one. */
export const BATCHES_A_GROUP = 64;

const TWO_32 = 0x1_0000_0000;
const MAX_PFN_HIGH = 2 ** 20;
/** By event code, what of a row is touched. */
const NOTHING = 0;
const ENTRY = 1;
const OTHER = 2;
const kinds = Uint8Array.from({ length: 256 }, (_, code) => {
  if (isEntryCode(code)) return ENTRY;
  return touchPlans[code] ? OTHER : NOTHING;
});

/** One row of the touch index. */
export interface TouchRow {
  readonly key: number;
  readonly hits: Uint8Array;
}

// Words of a row while it is collected, and where its parts stand.
const ROW = 4;
/** Its first hit and its last, as 1 + their number; 0: none. */
const FIRST = 0;
const LAST = 1;
/** Number of the batch of its last hit. */
const SEEN = 2;
/** In the batch that is being added: 1 + the number of its mask; 0: none. */
const OPEN = 3;

// Words of a hit: where its bytes begin, which end where those of the next hit begin, and the row's next hit as 1 + its number.
const HIT = 2;
const NEXT = 1;

/**
 * Collects what the batches of one group touch. A batch is collected as masks of entries, which are few enough to stay in the
 * processor's cache; then each becomes the few bytes that are stored, chained by row in growing typed arrays.
 */
export class TouchGroup {
  readonly #writeHit: typeof writeHit;
  readonly #mark: readonly number[];
  readonly #numbers = new Map<number, number>();
  #rows: Uint32Array = new Uint32Array(ROW * 1024);
  #hits: Uint32Array = new Uint32Array(HIT * 1024);
  #nrHits = 0;
  #bytes: Uint8Array = new Uint8Array(1 << 14);
  #used = 0;
  /** Of the batch that is being added, the rows it touches and the masks of their entries. */
  #touched: Uint32Array = new Uint32Array(64);
  #masks: Uint32Array = new Uint32Array(64 * MASK_WORDS);
  #nrTouched = 0;
  #seqs: number[] = [];

  /** @param hasRuns false for rows as they were in traces that are older than runs */
  constructor(hasRuns = true) {
    this.#writeHit = hasRuns ? writeHit : writeMaskHit;
    this.#mark = hasRuns ? ROW_MARK : [];
  }

  get batches(): number {
    return this.#seqs.length;
  }
  get firstSeq(): number {
    return this.#seqs[0] ?? 0;
  }

  /** @throws ToolError event/bad-field for a frame that no machine has; nothing of the batch counts then */
  add(batch: EventBatch): void {
    const known = this.#numbers.size;
    try {
      this.#collect(batch);
    } catch (error) {
      this.#forget(known);
      throw error;
    }
    this.#keep(batch.firstSeq);
    this.#seqs.push(batch.firstSeq);
  }

  #collect(batch: EventBatch): void {
    const { codes, offsets, words } = rawOf(batch);
    let masks = this.#masks;
    let mask = -1;
    let tableLo = 0;
    let tableHi = 0;
    for (let i = 0; i < codes.length; i++) {
      const kind = kinds[codes[i]!]!;
      if (kind === NOTHING) continue;
      const at = offsets[i]!;
      if (kind === OTHER) {
        this.#addOther(touchPlans[codes[i]!]!, words, at);
        masks = this.#masks;
        continue;
      }
      // Neighbouring stores mostly go to one table.
      const lo = words[at]!;
      const hi = words[at + 1]!;
      if (mask < 0 || lo !== tableLo || hi !== tableHi) {
        mask = this.#maskOf(frameOf(lo, hi));
        masks = this.#masks;
        tableLo = lo;
        tableHi = hi;
      }
      const entry = entryOf(words[at + 2]!);
      masks[mask + (entry >> 5)]! |= 1 << (entry & 31);
    }
  }

  /** An event that is no store to an entry. */
  #addOther({ slot, table, index }: TouchPlan, words: Uint32Array, at: number): void {
    if (slot >= 0) this.#masks[this.#maskOf(slotKey(words[at + slot]!))]! |= 1;
    if (table < 0) return;
    const mask = this.#maskOf(frameOf(words[at + table]!, words[at + table + 1]!));
    const entry = index < 0 ? -1 : entryOf(words[at + index]!);
    if (entry < 0) this.#masks.fill(0xffff_ffff, mask, mask + MASK_WORDS);
    else this.#masks[mask + (entry >> 5)]! |= 1 << (entry & 31);
  }

  /** Count a batch whose touches are not known. */
  skip(firstSeq: number): void {
    this.#seqs.push(firstSeq);
  }

  /** The rows in order of their keys; the group is empty afterwards. */
  take(): TouchRow[] {
    const keys = Float64Array.from(this.#numbers.keys()).sort();
    // Rows are cut from one piece: making thousands of small buffers costs more than filling them.
    const all = new Uint8Array(this.#used + keys.length * this.#mark.length);
    let end = 0;
    const rows = Array.from(keys, (key) => {
      const start = end;
      end = this.#putRow(this.#numbers.get(key)!, all, start);
      return { key, hits: all.subarray(start, end) };
    });
    this.#rows.fill(0, 0, ROW * this.#numbers.size);
    this.#numbers.clear();
    this.#nrHits = 0;
    this.#used = 0;
    this.#seqs = [];
    return rows;
  }

  #putRow(row: number, into: Uint8Array, at: number): number {
    for (const byte of this.#mark) into[at++] = byte;
    for (let hit = this.#rows[ROW * row + FIRST]!; hit !== 0; hit = this.#hits[HIT * (hit - 1) + NEXT]!) {
      const end = hit === this.#nrHits ? this.#used : this.#hits[HIT * hit]!;
      for (let from = this.#hits[HIT * (hit - 1)]!; from < end; from++) into[at++] = this.#bytes[from]!;
    }
    return at;
  }

  /** Where the mask of a key begins, for the batch that is being added. */
  #maskOf(key: number): number {
    let row = this.#numbers.get(key);
    if (row === undefined) {
      row = this.#numbers.size;
      this.#numbers.set(key, row);
      if (ROW * this.#numbers.size > this.#rows.length) this.#rows = grown(this.#rows);
    }
    const open = this.#rows[ROW * row + OPEN]!;
    if (open !== 0) return (open - 1) * MASK_WORDS;
    const touched = this.#nrTouched++;
    if (this.#nrTouched > this.#touched.length) {
      this.#touched = grown(this.#touched);
      this.#masks = grown(this.#masks);
    }
    this.#touched[touched] = row;
    this.#rows[ROW * row + OPEN] = touched + 1;
    return touched * MASK_WORDS;
  }

  /** Make hits of the batch that was collected. */
  #keep(firstSeq: number): void {
    const count = this.#nrTouched;
    while (this.#used + count * HIT_BYTES > this.#bytes.length) this.#bytes = grown(this.#bytes);
    while (HIT * (this.#nrHits + count) > this.#hits.length) this.#hits = grown(this.#hits);
    const batch = this.#seqs.length;
    const start = batch === 0 ? firstSeq : this.firstSeq;
    for (let touched = 0; touched < count; touched++) {
      const row = ROW * this.#touched[touched]!;
      const last = this.#rows[row + LAST]!;
      const previous = last === 0 ? start : this.#seqs[this.#rows[row + SEEN]!]!;
      this.#hits[HIT * this.#nrHits] = this.#used;
      this.#hits[HIT * this.#nrHits++ + NEXT] = 0;
      this.#used = this.#writeHit(this.#bytes, this.#used, firstSeq - previous, this.#masks, touched * MASK_WORDS);
      if (last === 0) this.#rows[row + FIRST] = this.#nrHits;
      else this.#hits[HIT * (last - 1) + NEXT] = this.#nrHits;
      this.#rows[row + LAST] = this.#nrHits;
      this.#rows[row + SEEN] = batch;
    }
    this.#close();
  }

  /** Drop what was collected of a batch, and the rows that only it touches: those after the first `known`. */
  #forget(known: number): void {
    this.#close();
    for (const [key, row] of this.#numbers) if (row >= known) this.#numbers.delete(key);
  }

  #close(): void {
    for (let touched = 0; touched < this.#nrTouched; touched++) this.#rows[ROW * this.#touched[touched]! + OPEN] = 0;
    this.#masks.fill(0, 0, this.#nrTouched * MASK_WORDS);
    this.#nrTouched = 0;
  }
}

function frameOf(lo: number, hi: number): number {
  const frame = hi * TWO_32 + lo;
  if (hi < MAX_PFN_HIGH) return frame;
  const what = `frame 0x${frame.toString(16)} of a page table is beyond 52 bits.`;
  throw new ToolError('event/bad-field', what, 'It cannot be a frame of an x86-64 machine.');
}

function grown<Words extends Uint8Array | Uint32Array>(words: Words): Words {
  const larger = new (words.constructor as new (length: number) => Words)(words.length * 2);
  larger.set(words);
  return larger;
}
