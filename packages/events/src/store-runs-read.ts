import type { ByteReader } from './bytes.ts';
import type { Rows } from './columns.ts';
import { corrupt } from './shapes.ts';
import { BACK, INDEX, NEW, OLD, PLACE, startSteps, stepAfter, steps, strideAfter } from './store-runs.ts';

// Runs are read with everything in locals, the rows between them from the arrays below. Beyond the end of the bytes reads
// as 0, and each turn takes a row, so it ends, and skipTo notices it. tools/bench guards it.

/** The row that was read last. */
const row = new Int32Array(7);
let isBack = false;
/** Where the bytes are being read. */
let cursor = 0;

function start(input: ByteReader): Uint8Array {
  startSteps();
  row.fill(0);
  isBack = false;
  cursor = input.position;
  return input.source;
}

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

/** How many of the rows that are left come as foretold. */
function takeCount(bytes: Uint8Array, left: number): number {
  const count = takeVarint(bytes);
  if (count < 0 || count > left) throw corrupt(`a run of ${count} rows where ${left} are left`);
  return count;
}

/** A row that does not come as foretold. */
function takeRow(bytes: Uint8Array): void {
  const mask = bytes[cursor++]!;
  isBack = mask >= BACK;
  if (isBack) {
    exchange();
    if ((mask & 0x20) !== 0) row[5]! += takeStep(bytes);
    if ((mask & 0x40) !== 0) row[6]! += takeStep(bytes);
    return;
  }
  if ((mask & 1) !== 0) row[0]! += takeStep(bytes);
  if ((mask & 2) !== 0) row[1]! += takeStep(bytes);
  const stride = (mask & 4) === 0 ? steps[INDEX]! : (steps[INDEX]! + takeStep(bytes)) | 0;
  row[2]! += stride;
  const isElsewhere = (mask & PLACE) !== 0;
  if (isElsewhere) steps[INDEX] = (mask & 3) !== 0 ? 1 : strideAfter(stride);
  takeValue(bytes, 3, OLD, (mask & 8) !== 0, isElsewhere);
  if ((mask & 0x10) !== 0) row[4]! += takeStep(bytes);
  takeValue(bytes, 5, NEW, (mask & 0x20) !== 0, isElsewhere);
  if ((mask & 0x40) !== 0) row[6]! += takeStep(bytes);
}

function takeValue(bytes: Uint8Array, word: number, step: number, isGiven: boolean, isElsewhere: boolean): void {
  const before = row[word]!;
  row[word] = before + steps[step]!;
  if (!isGiven) return;
  row[word]! += takeStep(bytes);
  steps[step] = stepAfter(row[word]!, before, isElsewhere);
}

function exchange(): void {
  const lo = row[3]!;
  const hi = row[4]!;
  row[3] = row[5]!;
  row[4] = row[6]!;
  row[5] = lo;
  row[6] = hi;
}

/**
 * Read what writeStores() wrote into the rows.
 * @throws ToolError event/corrupt
 */
export function readStores(input: ByteReader, { starts, words }: Rows): void {
  const bytes = start(input);
  for (let i = 0; ;) {
    const count = takeCount(bytes, starts.length - i);
    if (count > 0) fillRows({ starts, words }, i, i + count);
    i += count;
    if (i === starts.length) break;
    takeRow(bytes);
    const at = starts[i++]!;
    words[at] = row[0]!;
    words[at + 1] = row[1]!;
    words[at + 2] = row[2]!;
    words[at + 3] = row[3]!;
    words[at + 4] = row[4]!;
    words[at + 5] = row[5]!;
    words[at + 6] = row[6]!;
  }
  input.skipTo(cursor);
}

/** Rows that come as foretold. */
function fillRows({ starts, words }: Rows, from: number, to: number): void {
  const w0 = row[0]!;
  const w1 = row[1]!;
  let w2 = row[2]!;
  let w3 = row[3]!;
  let w4 = row[4]!;
  let w5 = row[5]!;
  let w6 = row[6]!;
  const goesBack = isBack;
  const s2 = goesBack ? 0 : steps[INDEX]!;
  const s3 = goesBack ? 0 : steps[OLD]!;
  const s5 = goesBack ? 0 : steps[NEW]!;
  for (let i = from; i < to; i++) {
    if (goesBack) {
      const lo = w3;
      const hi = w4;
      w3 = w5;
      w4 = w6;
      w5 = lo;
      w6 = hi;
    }
    const at = starts[i]!;
    words[at] = w0;
    words[at + 1] = w1;
    words[at + 2] = w2 = (w2 + s2) | 0;
    words[at + 3] = w3 = (w3 + s3) | 0;
    words[at + 4] = w4;
    words[at + 5] = w5 = (w5 + s5) | 0;
    words[at + 6] = w6;
  }
  row[2] = w2;
  row[3] = w3;
  row[4] = w4;
  row[5] = w5;
  row[6] = w6;
}

/**
 * Of what writeStores() wrote, the rows of one table alone, in `found` from `at` on: number of the row, then index,
 * before and after. The others are passed a run at a time. Returns where the last one ends.
 * @throws ToolError event/corrupt
 */
export function readStoresOf(input: ByteReader, nrRows: number, table: number, found: Uint32Array, at: number): number {
  const bytes = start(input);
  const lo = table | 0;
  const hi = (table / 0x1_0000_0000) | 0;
  for (let i = 0; ;) {
    const count = takeCount(bytes, nrRows - i);
    const end = i + count;
    if (row[0] === lo && row[1] === hi) for (; i < end; i++) at = keepRow(i, 1, found, at);
    else passRows(count);
    i = end;
    if (i === nrRows) break;
    takeRow(bytes);
    if (row[0] === lo && row[1] === hi) at = keepRow(i, 0, found, at);
    i++;
  }
  input.skipTo(cursor);
  return at;
}

/** So many rows as they are foretold. */
function passRows(count: number): void {
  if (!isBack) {
    row[2]! += Math.imul(steps[INDEX]!, count);
    row[3]! += Math.imul(steps[OLD]!, count);
    row[5]! += Math.imul(steps[NEW]!, count);
  } else if ((count & 1) !== 0) exchange();
}

/** Row `i`, which is `ahead` of the one that was read last. */
function keepRow(i: number, ahead: number, found: Uint32Array, at: number): number {
  if (ahead > 0) passRows(ahead);
  found[at] = i;
  for (let word = 2; word < 7; word++) found[at + word - 1] = row[word]!;
  return at + 6;
}
