import { ToolError } from '@kwind/x86';
import type { ByteReader, ByteWriter } from './bytes.ts';

// The loops below spell the varint out and keep everything in locals: called a word at a time it took five times as
// long, and a replay from disk is mostly this. tools/bench guards it.

/** The rows of one event type within a batch: their numbers, and where each one's words start. */
export interface Rows {
  readonly rows: Uint16Array;
  readonly offsets: Uint32Array;
  readonly words: Uint32Array;
}

/** A column that never changes is stored once, which spares both sides most of the high halves. */
const CONSTANT = 0;
const DELTAS = 1;
const MOST_BYTES = 5;

/** Word `skip` of each row, as zigzag differences modulo 2^32. */
export function writeColumn(out: ByteWriter, { rows, offsets, words }: Rows, skip: number): void {
  const room = out.reserve(2 + MOST_BYTES * rows.length);
  const { bytes } = room;
  let at = room.at + 1;
  let previous = 0;
  let firstEnd = at;
  for (let i = 0; i < rows.length; i++) {
    const word = words[offsets[rows[i]!]! + skip]!;
    const step = (word - previous) | 0;
    let rest = ((step << 1) ^ (step >> 31)) >>> 0;
    previous = word;
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    if (i === 0) firstEnd = at;
  }
  const constant = isZero(bytes, firstEnd, at);
  bytes[room.at] = constant ? CONSTANT : DELTAS;
  out.commit(constant ? firstEnd : at);
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

const corrupt = (what: string): ToolError => new ToolError('event/corrupt', `stored batch cannot be read: ${what}.`, 'Run kwind verify on the trace.');

/** Read what {@link writeColumn} wrote into the rows. In a column of strings every word must lie below `limit`, their number; −1 for other columns. */
export function readColumn(input: ByteReader, target: Rows, skip: number, limit: number): void {
  const mode = input.byte();
  if (mode === CONSTANT) return fillColumn(input, target, skip, limit);
  if (mode !== DELTAS) throw corrupt(`column of kind ${mode}`);
  const { rows, offsets, words } = target;
  const bytes = input.source;
  let at = input.position;
  let previous = 0;
  for (let i = 0; i < rows.length; i++) {
    // Beyond the end reads undefined, which counts as 0 here and is caught by the check after the loop.
    let byte = bytes[at++]!;
    let zigzag = byte & 0x7f;
    for (let shift = 7; byte > 0x7f && shift < 35; shift += 7) {
      byte = bytes[at++]!;
      zigzag |= (byte & 0x7f) << shift;
    }
    previous = (previous + ((zigzag >>> 1) ^ -(zigzag & 1))) >>> 0;
    if (limit >= 0 && previous >= limit) throw corrupt(`string ${previous} of ${limit}`);
    words[offsets[rows[i]!]! + skip] = previous;
  }
  input.skipTo(at);
}

function fillColumn(input: ByteReader, { rows, offsets, words }: Rows, skip: number, limit: number): void {
  const value = input.delta(0);
  if (limit >= 0 && value >= limit) throw corrupt(`string ${value} of ${limit}`);
  for (let i = 0; i < rows.length; i++) words[offsets[rows[i]!]! + skip] = value;
}

/** The lists at the end of rows: each word as the difference from the same place in the list before. */
export function writeWords(out: ByteWriter, { rows, offsets, words }: Rows, skip: number): void {
  const previous: number[] = [];
  for (const row of rows) {
    const at = offsets[row]! + skip;
    const count = 2 * words[at]!;
    for (let i = 0; i < count; i++) {
      const word = words[at + 1 + i]!;
      out.delta(word, previous[i] ?? 0);
      previous[i] = word;
    }
  }
}

export function readWords(input: ByteReader, { rows, offsets, words }: Rows, skip: number, counts: Uint32Array): void {
  const previous: number[] = [];
  for (const row of rows) {
    const at = offsets[row]! + skip;
    words[at] = counts[row]!;
    for (let i = 0; i < 2 * counts[row]!; i++) {
      previous[i] = input.delta(previous[i] ?? 0);
      words[at + 1 + i] = previous[i]!;
    }
  }
}
