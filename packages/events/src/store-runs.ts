import type { ByteWriter } from './bytes.ts';
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

// One pass over the rows, everything in locals, as in entry-runs.ts; tools/bench guards it.

/** The step of a value from here on: nothing comes after nothing, and a page after a value that none stood before. */
export function stepAfter(value: number, before: number, isElsewhere: boolean): number {
  if (value === 0) return 0;
  return isElsewhere || before === 0 ? PAGE : (value - before) | 0;
}

/** The step of the index from here on. */
export const strideAfter = (stride: number): number => (stride >= -NEAR && stride <= NEAR ? stride : 1);

/** Write the rows; see above. */
export function writeStores(out: ByteWriter, { starts, words }: Rows): void {
  const { bytes, at: begin } = out.reserve(ROW_BYTES * (starts.length + 1));
  let at = begin;
  let w0 = 0,
    w1 = 0,
    w2 = 0,
    w3 = 0,
    w4 = 0,
    w5 = 0,
    w6 = 0;
  let s2 = 1,
    s3 = 0,
    s5 = 0;
  let isBack = false;
  let count = 0;
  for (let i = 0; i < starts.length; i++) {
    const from = starts[i]!;
    const t0 = words[from]! | 0;
    const t1 = words[from + 1]! | 0;
    const t2 = words[from + 2]! | 0;
    const t3 = words[from + 3]! | 0;
    const t4 = words[from + 4]! | 0;
    const t5 = words[from + 5]! | 0;
    const t6 = words[from + 6]! | 0;
    if (
      isBack
        ? ((t0 ^ w0) | (t1 ^ w1) | (t2 ^ w2) | (t3 ^ w5) | (t4 ^ w6) | (t5 ^ w3) | (t6 ^ w4)) === 0
        : ((t0 ^ w0) | (t1 ^ w1) | ((t2 - w2 - s2) | 0) | ((t3 - w3 - s3) | 0) | (t4 ^ w4) | ((t5 - w5 - s5) | 0) | (t6 ^ w6)) === 0
    ) {
      count++;
    } else {
      at = putVarint(bytes, at, count);
      count = 0;
      const maskAt = at++;
      let mask = 0;
      isBack = ((t0 ^ w0) | (t1 ^ w1) | (t2 ^ w2) | (t3 ^ w5) | (t4 ^ w6)) === 0;
      if (isBack) {
        mask = BACK;
        if (t5 !== w3) {
          mask |= 0x20;
          at = putStep(bytes, at, t5 - w3);
        }
        if (t6 !== w4) {
          mask |= 0x40;
          at = putStep(bytes, at, t6 - w4);
        }
      } else {
        if (t0 !== w0) {
          mask |= 1;
          at = putStep(bytes, at, t0 - w0);
        }
        if (t1 !== w1) {
          mask |= 2;
          at = putStep(bytes, at, t1 - w1);
        }
        if (((t2 - w2 - s2) | 0) !== 0) {
          mask |= 4;
          at = putStep(bytes, at, t2 - w2 - s2);
        }
        const isElsewhere = (mask & PLACE) !== 0;
        if (isElsewhere) s2 = (mask & 3) !== 0 ? 1 : strideAfter((t2 - w2) | 0);
        if (((t3 - w3 - s3) | 0) !== 0) {
          mask |= 8;
          at = putStep(bytes, at, t3 - w3 - s3);
          s3 = stepAfter(t3, w3, isElsewhere);
        }
        if (t4 !== w4) {
          mask |= 0x10;
          at = putStep(bytes, at, t4 - w4);
        }
        if (((t5 - w5 - s5) | 0) !== 0) {
          mask |= 0x20;
          at = putStep(bytes, at, t5 - w5 - s5);
          s5 = stepAfter(t5, w5, isElsewhere);
        }
        if (t6 !== w6) {
          mask |= 0x40;
          at = putStep(bytes, at, t6 - w6);
        }
      }
      bytes[maskAt] = mask;
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

function putVarint(bytes: Uint8Array, at: number, value: number): number {
  while (value > 0x7f) {
    bytes[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  bytes[at++] = value;
  return at;
}

const putStep = (bytes: Uint8Array, at: number, step: number): number =>
  putVarint(bytes, at, ((step << 1) ^ ((step | 0) >> 31)) >>> 0);
