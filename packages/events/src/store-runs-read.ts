import type { ByteReader } from './bytes.ts';
import type { Rows } from './columns.ts';
import { corrupt } from './shapes.ts';
import { BACK, PLACE, stepAfter, strideAfter } from './store-runs.ts';

// As in entry-runs.ts: one pass, everything in locals. Beyond the end of the bytes reads as 0, and each turn takes a row,
// so it ends, and skipTo notices it.

/** Where {@link takeStep} reads; a place to return two numbers from. */
let cursor = 0;

function takeVarint(bytes: Uint8Array): number {
  let byte = bytes[cursor++]!;
  let value = byte & 0x7f;
  for (let shift = 7; byte > 0x7f && shift < 35; shift += 7) {
    byte = bytes[cursor++]!;
    value |= (byte & 0x7f) << shift;
  }
  return value;
}

function takeStep(bytes: Uint8Array): number {
  const zigzag = takeVarint(bytes);
  return (zigzag >>> 1) ^ -(zigzag & 1);
}

/**
 * Read what writeStores() wrote into the rows.
 * @throws ToolError event/corrupt
 */
export function readStores(input: ByteReader, { starts, words }: Rows): void {
  const bytes = input.source;
  cursor = input.position;
  const nrRows = starts.length;
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
  for (let i = 0; ;) {
    const end = i + takeVarint(bytes);
    if (!(end >= i && end <= nrRows)) throw corrupt(`a run of ${end - i} rows where ${nrRows - i} are left`);
    if (isBack) {
      for (; i < end; i++) {
        const at = starts[i]!;
        const before = w3;
        const beforeHi = w4;
        words[at] = w0;
        words[at + 1] = w1;
        words[at + 2] = w2;
        words[at + 3] = w3 = w5;
        words[at + 4] = w4 = w6;
        words[at + 5] = w5 = before;
        words[at + 6] = w6 = beforeHi;
      }
    } else {
      for (; i < end; i++) {
        const at = starts[i]!;
        words[at] = w0;
        words[at + 1] = w1;
        words[at + 2] = w2 = (w2 + s2) | 0;
        words[at + 3] = w3 = (w3 + s3) | 0;
        words[at + 4] = w4;
        words[at + 5] = w5 = (w5 + s5) | 0;
        words[at + 6] = w6;
      }
    }
    if (i === nrRows) break;
    const mask = bytes[cursor++]!;
    isBack = mask >= BACK;
    if (isBack) {
      const before = w3;
      const beforeHi = w4;
      w3 = w5;
      w4 = w6;
      w5 = (mask & 0x20) === 0 ? before : (before + takeStep(bytes)) | 0;
      w6 = (mask & 0x40) === 0 ? beforeHi : (beforeHi + takeStep(bytes)) | 0;
    } else {
      if ((mask & 1) !== 0) w0 = (w0 + takeStep(bytes)) | 0;
      if ((mask & 2) !== 0) w1 = (w1 + takeStep(bytes)) | 0;
      const isElsewhere = (mask & PLACE) !== 0;
      const stride = (mask & 4) === 0 ? s2 : (s2 + takeStep(bytes)) | 0;
      w2 = (w2 + stride) | 0;
      if (isElsewhere) s2 = (mask & 3) !== 0 ? 1 : strideAfter(stride);
      const before = w3;
      w3 = (w3 + s3) | 0;
      if ((mask & 8) !== 0) {
        w3 = (w3 + takeStep(bytes)) | 0;
        s3 = stepAfter(w3, before, isElsewhere);
      }
      if ((mask & 0x10) !== 0) w4 = (w4 + takeStep(bytes)) | 0;
      const after = w5;
      w5 = (w5 + s5) | 0;
      if ((mask & 0x20) !== 0) {
        w5 = (w5 + takeStep(bytes)) | 0;
        s5 = stepAfter(w5, after, isElsewhere);
      }
      if ((mask & 0x40) !== 0) w6 = (w6 + takeStep(bytes)) | 0;
    }
    const at = starts[i++]!;
    words[at] = w0;
    words[at + 1] = w1;
    words[at + 2] = w2;
    words[at + 3] = w3;
    words[at + 4] = w4;
    words[at + 5] = w5;
    words[at + 6] = w6;
  }
  input.skipTo(cursor);
}
