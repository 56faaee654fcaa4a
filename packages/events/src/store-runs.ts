import { putVarint, type ByteWriter } from './bytes.ts';
import type { Rows } from './columns.ts';

/*
 * Stores to entries as a trace keeps them. Unlike the streams of entry-runs.ts, which a compressor has to follow, this is
 * as short as it gets without one: a replay reads it as it lies in the file.
 *
 * A row is foretold from the one before, in one of two ways. `on`: the same table, the next entry, both values one step
 * on, which is a page while nothing else was seen. `back`: the same entry, with old and new value exchanged, as when a
 * mapping is undone. How many rows come as foretold, then a mask of the words that do not and the way of foretelling from here on,
 * then by how much these words differ; and so on, ending with a count.
 */

/** Words of a store: table (two), index, before (two), after (two), low words first. */
const WORDS = 7;
const MOST_BYTES = 5;
/** Most bytes of a row: a count, a mask and all words. */
const ROW_BYTES = 2 + 1 + WORDS * MOST_BYTES;

/** Bit of the mask: this row and those after it are foretold as going back. */
export const BACK = 0x80;
/** Bits of the mask that say that another entry than the next is stored to. */
export const PLACE = 0x07;
const PAGE = 0x1000;
/** Entries that a loop may go on by. */
const NEAR = 8;

/** The steps that hold: of the index, and of the low words of old and new value. */
export const steps = new Int32Array(3);
export const INDEX = 0;
export const OLD = 1;
export const NEW = 2;
/** Steps before the first row. */
export function startSteps(): void {
  steps[INDEX] = 1;
  steps[OLD] = 0;
  steps[NEW] = 0;
}

/** The step of a value from here on: nothing comes after nothing, and a page after a value that none stood before. */
export function stepAfter(value: number, before: number, isElsewhere: boolean): number {
  if (value === 0) return 0;
  return isElsewhere || before === 0 ? PAGE : (value - before) | 0;
}

/** The step of the index from here on. */
export const strideAfter = (stride: number): number => (stride >= -NEAR && stride <= NEAR ? stride : 1);

// One pass over the rows, the row before in locals: stores to entries are nearly all of a boot. tools/bench guards it.

/**
 * Write the rows; see above.
 * @param turns in which of them a word leaves its step, as writeEntries() found; the others are not read where that is known to do
 */
export function writeStores(out: ByteWriter, { starts, words }: Rows, turns: Uint16Array): void {
  const { bytes, at: begin } = out.reserve(ROW_BYTES * (starts.length + 1));
  startSteps();
  let at = begin;
  let w0 = 0,
    w1 = 0,
    w2 = 0,
    w3 = 0,
    w4 = 0,
    w5 = 0,
    w6 = 0;
  let isBack = false;
  let count = 0;
  let turn = turns[0]!;
  for (let i = 0; i < starts.length; i++) {
    if (i === turn) turn = turns[i + 1]!;
    let from = starts[i]!;
    const t0 = words[from]! | 0;
    const t1 = words[from + 1]! | 0;
    const t2 = words[from + 2]! | 0;
    const t3 = words[from + 3]! | 0;
    const t4 = words[from + 4]! | 0;
    const t5 = words[from + 5]! | 0;
    const t6 = words[from + 6]! | 0;
    const place = (t0 ^ w0) | (t1 ^ w1);
    const d2 = (t2 - w2) | 0;
    const d3 = (t3 - w3) | 0;
    const d5 = (t5 - w5) | 0;
    const miss = isBack
      ? place | d2 | (t3 ^ w5) | (t4 ^ w6) | (t5 ^ w3) | (t6 ^ w4)
      : place | (d2 ^ steps[INDEX]!) | (d3 ^ steps[OLD]!) | (t4 ^ w4) | (d5 ^ steps[NEW]!) | (t6 ^ w6);
    if (miss === 0) {
      count++;
      if (!isBack && i + 1 < turn) {
        // The rows up to the next turn step as this one did, which was foretold: so are they.
        count += turn - 1 - i;
        i = turn - 1;
        from = starts[i]!;
        w2 = words[from + 2]! | 0;
        w3 = words[from + 3]! | 0;
        w5 = words[from + 5]! | 0;
        continue;
      }
    } else {
      at = putVarint(bytes, at, count);
      count = 0;
      isBack = (place | d2 | (t3 ^ w5) | (t4 ^ w6)) === 0;
      if (isBack) at = putBack(bytes, at, t5 - w3, t6 - w4);
      else at = putValues(bytes, putPlace(bytes, at, t0 - w0, t1 - w1, d2), w3, d3, t4 - w4, w5, d5, t6 - w6);
    }
    w0 = t0;
    w1 = t1;
    w2 = t2;
    w3 = t3;
    w4 = t4;
    w5 = t5;
    w6 = t6;
  }
  out.commit(putVarint(bytes, at, count));
}

/** Where the mask of the row is that is being written. */
let maskAt = 0;

/** A row that goes back, to another new value. */
function putBack(bytes: Uint8Array, at: number, lo: number, hi: number): number {
  maskAt = at;
  bytes[at++] = BACK;
  at = putWord(bytes, at, 5, lo);
  return putWord(bytes, at, 6, hi);
}

/** The mask of a row that goes on, and the words that say where; then come {@link putValues}. */
function putPlace(bytes: Uint8Array, at: number, lo: number, hi: number, stride: number): number {
  maskAt = at;
  bytes[at++] = 0;
  at = putWord(bytes, at, 0, lo);
  at = putWord(bytes, at, 1, hi);
  at = putWord(bytes, at, 2, (stride - steps[INDEX]!) | 0);
  const mask = bytes[maskAt]!;
  if (mask !== 0) steps[INDEX] = (mask & 3) !== 0 ? 1 : strideAfter(stride);
  return at;
}

function putValues(
  bytes: Uint8Array,
  at: number,
  old: number,
  oldStep: number,
  oldHi: number,
  value: number,
  step: number,
  hi: number,
): number {
  const isElsewhere = (bytes[maskAt]! & PLACE) !== 0;
  if (oldStep !== steps[OLD]) {
    at = putWord(bytes, at, 3, (oldStep - steps[OLD]!) | 0);
    steps[OLD] = stepAfter((old + oldStep) | 0, old, isElsewhere);
  }
  at = putWord(bytes, at, 4, oldHi);
  if (step !== steps[NEW]) {
    at = putWord(bytes, at, 5, (step - steps[NEW]!) | 0);
    steps[NEW] = stepAfter((value + step) | 0, value, isElsewhere);
  }
  return putWord(bytes, at, 6, hi);
}

/** A word that differs from what was foretold, and its bit of the mask. */
function putWord(bytes: Uint8Array, at: number, word: number, difference: number): number {
  if (difference === 0) return at;
  bytes[maskAt]! |= 1 << word;
  return putVarint(bytes, at, ((difference << 1) ^ ((difference | 0) >> 31)) >>> 0);
}
