import type { ByteReader, ByteWriter } from './bytes.ts';
import { corrupt } from './shapes.ts';

// The loops below spell the varint out and keep everything in locals: called a word at a time it took five times as
// long, and a replay from disk is mostly this. tools/bench guards it.

/** The rows of one event type within a batch: where each one's words start. */
export interface Rows {
  readonly starts: Uint32Array;
  readonly words: Uint32Array;
}

/** Bytes of the longest varint of a word. */
const LONGEST = 5;
/** A length of at most 4,096 and a step: what one change of step takes at most. */
const MOST_BYTES = 2 + 5;

/**
 * Word `skip` of each row, as runs of equal steps modulo 2^32: how many rows go on with the step that holds (0 at first),
 * then the next step, zigzag, which the next row takes; and so on, ending with a length. Neighbouring stores mostly
 * step alike in every column, so a run of them costs a few bytes whatever its length.
 */
export function writeColumn(out: ByteWriter, { starts, words }: Rows, skip: number): void {
  const { bytes, at: start } = out.reserve(2 + MOST_BYTES * starts.length);
  let at = start;
  let previous = 0;
  let held = 0;
  let length = 0;
  for (let i = 0; i < starts.length; i++) {
    const word = words[starts[i]! + skip]!;
    const step = (word - previous) | 0;
    previous = word;
    if (step === held) {
      length++;
      continue;
    }
    if (length > 0x7f) {
      bytes[at++] = (length & 0x7f) | 0x80;
      length >>>= 7;
    }
    bytes[at++] = length;
    let rest = ((step << 1) ^ (step >> 31)) >>> 0;
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    held = step;
    length = 0;
  }
  out.commit(at);
  out.varint(length);
}

/**
 * Read what {@link writeColumn} wrote into the rows. In a column of strings every word must lie below `limit`, their
 * number; −1 for other columns.
 */
export function readColumn(input: ByteReader, target: Rows, skip: number, limit: number): void {
  const { starts, words } = target;
  const bytes = input.source;
  let at = input.position;
  const nrRows = starts.length;
  let previous = 0;
  let step = 0;
  let i = 0;
  // Beyond the end reads undefined, which counts as 0 here and is caught by skipTo: each turn takes a row, so it ends.
  for (;;) {
    let byte = bytes[at++]!;
    let end = i + (byte & 0x7f);
    if (byte > 0x7f) end += (bytes[at++]! & 0x7f) << 7;
    if (end > nrRows) throw corrupt(`a run of ${end - i} rows where ${nrRows - i} are left`);
    for (; i < end; i++) {
      previous = (previous + step) | 0;
      words[starts[i]! + skip] = previous;
    }
    if (i === nrRows) break;
    byte = bytes[at++]!;
    let zigzag = byte & 0x7f;
    for (let shift = 7; byte > 0x7f && shift < 35; shift += 7) {
      byte = bytes[at++]!;
      zigzag |= (byte & 0x7f) << shift;
    }
    step = (zigzag >>> 1) ^ -(zigzag & 1);
    previous = (previous + step) | 0;
    words[starts[i++]! + skip] = previous;
  }
  input.skipTo(at);
  if (limit >= 0) checkBelow(target, skip, limit);
}

function checkBelow({ starts, words }: Rows, skip: number, limit: number): void {
  for (let row = 0; row < starts.length; row++) {
    const text = words[starts[row]! + skip]!;
    if (text >= limit) throw corrupt(`string ${text} of ${limit}`);
  }
}

/** The lists at the end of rows: each word as the difference from the same place in the list before. */
export function writeWords(out: ByteWriter, { starts, words }: Rows, skip: number): void {
  // The row before whose list reached as far, of each place in it.
  const previous = new Uint32Array(longestList({ starts, words }, skip));
  for (let row = 0; row < starts.length; row++) {
    const from = starts[row]! + skip + 1;
    const count = 2 * words[from - 1]!;
    const { bytes, at: start } = out.reserve(count * LONGEST);
    let at = start;
    for (let i = 0; i < count; i++) {
      const word = words[from + i]!;
      const step = (word - previous[i]!) | 0;
      previous[i] = word;
      let rest = ((step << 1) ^ (step >> 31)) >>> 0;
      while (rest > 0x7f) {
        bytes[at++] = (rest & 0x7f) | 0x80;
        rest >>>= 7;
      }
      bytes[at++] = rest;
    }
    out.commit(at);
  }
}

function longestList({ starts, words }: Rows, skip: number): number {
  let longest = 0;
  for (const start of starts) longest = Math.max(longest, words[start + skip]!);
  return 2 * longest;
}

/** Each row's count stands in its first word already. */
export function readWords(input: ByteReader, { starts, words }: Rows, skip: number): void {
  const previous = new Uint32Array(longestList({ starts, words }, skip));
  const bytes = input.source;
  let at = input.position;
  // Beyond the end reads as 0; skipTo notices it.
  for (let row = 0; row < starts.length; row++) {
    const from = starts[row]! + skip + 1;
    const count = 2 * words[from - 1]!;
    for (let i = 0; i < count; i++) {
      let byte = bytes[at++]!;
      let zigzag = byte & 0x7f;
      for (let shift = 7; byte > 0x7f && shift < 35; shift += 7) {
        byte = bytes[at++]!;
        zigzag |= (byte & 0x7f) << shift;
      }
      words[from + i] = previous[i] = previous[i]! + ((zigzag >>> 1) ^ -(zigzag & 1));
    }
  }
  input.skipTo(at);
}
