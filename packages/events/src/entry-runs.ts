import { ToolError } from '@kwind/x86';
import { BATCH_SIZE } from './batch.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import type { Rows } from './columns.ts';

// One pass over the rows, everything in locals: stores to entries are nearly all of a boot, and a pass a column took
// three times as long. tools/bench guards it.

/** Words of a store to an entry: table (two), index, before (two), after (two). */
export const ENTRY_WORDS = 7;

const LENGTHS = ENTRY_WORDS;
const MASKS = ENTRY_WORDS + 1;
const STREAMS = ENTRY_WORDS + 2;
const MOST_BYTES = 5;

/** Bytes that a stream of a full batch takes at most. */
const ROOM = MOST_BYTES * (BATCH_SIZE + 1);
const streams = new Uint8Array(STREAMS * ROOM);
/** Where each stream has come to, while a batch is written. */
const ends = new Uint32Array(STREAMS);

function putVarint(stream: number, value: number): void {
  let at = ends[stream]!;
  while (value > 0x7f) {
    streams[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  streams[at++] = value;
  ends[stream] = at;
}

/** A new step of a word, zigzag; gives the word's bit of the mask. */
function putStep(word: number, step: number): number {
  putVarint(word, ((step << 1) ^ (step >> 31)) >>> 0);
  return 1 << word;
}

/**
 * Stores to entries as runs of rows in which every word goes on by its step, modulo 2^32: how many rows go on (0 at
 * first, and all steps are 0), which words' steps change with the next row, those steps; and so on, ending with a
 * length. Lengths, changes and the steps of each word are streams of their own, because like compresses with like.
 *
 * @param turns is filled with the rows in which a step changes, see turnsOf()
 */
export function writeEntries(out: ByteWriter, { starts, words }: Rows, turns: Uint16Array): void {
  for (let stream = 0; stream < STREAMS; stream++) ends[stream] = stream * ROOM;
  // A destructuring assignment of all of them made them anything but integers for the compiler.
  let w0 = 0,
    w1 = 0,
    w2 = 0,
    w3 = 0,
    w4 = 0,
    w5 = 0,
    w6 = 0;
  let s0 = 0,
    s1 = 0,
    s2 = 0,
    s3 = 0,
    s4 = 0,
    s5 = 0,
    s6 = 0;
  let length = 0;
  let turn = 0;
  for (let i = 0; i < starts.length; i++) {
    const at = starts[i]!;
    const d0 = (words[at]! - w0) | 0;
    const d1 = (words[at + 1]! - w1) | 0;
    const d2 = (words[at + 2]! - w2) | 0;
    const d3 = (words[at + 3]! - w3) | 0;
    const d4 = (words[at + 4]! - w4) | 0;
    const d5 = (words[at + 5]! - w5) | 0;
    const d6 = (words[at + 6]! - w6) | 0;
    w0 = (w0 + d0) | 0;
    w1 = (w1 + d1) | 0;
    w2 = (w2 + d2) | 0;
    w3 = (w3 + d3) | 0;
    w4 = (w4 + d4) | 0;
    w5 = (w5 + d5) | 0;
    w6 = (w6 + d6) | 0;
    if (((d0 ^ s0) | (d1 ^ s1) | (d2 ^ s2) | (d3 ^ s3) | (d4 ^ s4) | (d5 ^ s5) | (d6 ^ s6)) === 0) {
      length++;
      continue;
    }
    putVarint(LENGTHS, length);
    length = 0;
    turns[turn] = i;
    turn = i + 1;
    let mask = 0;
    if (d0 !== s0) mask |= putStep(0, (s0 = d0));
    if (d1 !== s1) mask |= putStep(1, (s1 = d1));
    if (d2 !== s2) mask |= putStep(2, (s2 = d2));
    if (d3 !== s3) mask |= putStep(3, (s3 = d3));
    if (d4 !== s4) mask |= putStep(4, (s4 = d4));
    if (d5 !== s5) mask |= putStep(5, (s5 = d5));
    if (d6 !== s6) mask |= putStep(6, (s6 = d6));
    streams[ends[MASKS]!++] = mask;
  }
  putVarint(LENGTHS, length);
  turns[turn] = starts.length;
  for (let stream = 0; stream < STREAMS; stream++) out.varint(ends[stream]! - stream * ROOM);
  for (let stream = 0; stream < STREAMS; stream++) out.bytes(streams.subarray(stream * ROOM, ends[stream]));
}

const corrupt = (what: string): ToolError =>
  new ToolError('event/corrupt', `stored batch cannot be read: ${what}.`, 'Run kwind verify on the trace.');

/** Where each stream is being read, and where it ends. */
const cursors = new Uint32Array(STREAMS);
const limits = new Uint32Array(STREAMS);

/** Beyond the end reads as 0; {@link readEntries} notices it when all is read. */
function takeVarint(bytes: Uint8Array, stream: number): number {
  let at = cursors[stream]!;
  let byte = bytes[at++]!;
  let value = byte & 0x7f;
  for (let shift = 7; byte > 0x7f && shift < 35; shift += 7) {
    byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
  }
  cursors[stream] = at;
  return value;
}

function takeStep(bytes: Uint8Array, word: number): number {
  const zigzag = takeVarint(bytes, word);
  return (zigzag >>> 1) ^ -(zigzag & 1);
}

function openStreams(input: ByteReader): Uint8Array {
  for (let stream = 0; stream < STREAMS; stream++) limits[stream] = input.varint();
  let at = input.position;
  for (let stream = 0; stream < STREAMS; stream++) {
    cursors[stream] = at;
    at += limits[stream]!;
    input.skipTo(at);
    limits[stream] = at;
  }
  return input.source;
}

/**
 * Read what {@link writeEntries} wrote into the rows.
 * @throws ToolError event/corrupt
 */
export function readEntries(input: ByteReader, { starts, words }: Rows): void {
  const bytes = openStreams(input);
  const nrRows = starts.length;
  let w0 = 0,
    w1 = 0,
    w2 = 0,
    w3 = 0,
    w4 = 0,
    w5 = 0,
    w6 = 0;
  let s0 = 0,
    s1 = 0,
    s2 = 0,
    s3 = 0,
    s4 = 0,
    s5 = 0,
    s6 = 0;
  let i = 0;
  for (let end = takeVarint(bytes, LENGTHS); ; end = i + 1 + takeVarint(bytes, LENGTHS)) {
    if (end > nrRows) throw corrupt(`a run of ${end - i} rows where ${nrRows - i} are left`);
    for (; i < end; i++) {
      const at = starts[i]!;
      words[at] = w0 = (w0 + s0) | 0;
      words[at + 1] = w1 = (w1 + s1) | 0;
      words[at + 2] = w2 = (w2 + s2) | 0;
      words[at + 3] = w3 = (w3 + s3) | 0;
      words[at + 4] = w4 = (w4 + s4) | 0;
      words[at + 5] = w5 = (w5 + s5) | 0;
      words[at + 6] = w6 = (w6 + s6) | 0;
    }
    if (i === nrRows) break;
    // The steps that change; the first row of the next run takes them.
    const mask = bytes[cursors[MASKS]!++]!;
    if (mask & 1) s0 = takeStep(bytes, 0);
    if (mask & 2) s1 = takeStep(bytes, 1);
    if (mask & 4) s2 = takeStep(bytes, 2);
    if (mask & 8) s3 = takeStep(bytes, 3);
    if (mask & 16) s4 = takeStep(bytes, 4);
    if (mask & 32) s5 = takeStep(bytes, 5);
    if (mask & 64) s6 = takeStep(bytes, 6);
  }
  checkStreams();
}

/** Pass over what {@link writeEntries} wrote, for who wants the other events. */
export const skipEntries = (input: ByteReader): void => void openStreams(input);

function checkStreams(): void {
  for (let stream = 0; stream < STREAMS; stream++) {
    if (cursors[stream] !== limits[stream]) throw corrupt(`stream ${stream} of stores to entries is too long or short`);
  }
}

/**
 * Of what {@link writeEntries} wrote, the rows of one table alone, in `found` from `at` on: number of the row, then index,
 * before and after. The others are passed a run at a time. Returns where the last one ends.
 * @throws ToolError event/corrupt
 */
export function readEntriesOf(
  input: ByteReader,
  nrRows: number,
  table: number,
  found: Uint32Array,
  at: number,
): number {
  const bytes = openStreams(input);
  const lo = table | 0;
  const hi = (table / 0x1_0000_0000) | 0;
  let w0 = 0,
    w1 = 0,
    w2 = 0,
    w3 = 0,
    w4 = 0,
    w5 = 0,
    w6 = 0;
  let s0 = 0,
    s1 = 0,
    s2 = 0,
    s3 = 0,
    s4 = 0,
    s5 = 0,
    s6 = 0;
  let i = 0;
  for (let end = takeVarint(bytes, LENGTHS); ; end = i + 1 + takeVarint(bytes, LENGTHS)) {
    if (end > nrRows) throw corrupt(`a run of ${end - i} rows where ${nrRows - i} are left`);
    for (let rows = 1; i < end; i += rows) {
      // Within a run of one table either each row is wanted or none; where the table changes it is row by row.
      rows = (s0 | s1) === 0 && (w0 !== lo || w1 !== hi) ? end - i : 1;
      w0 = (w0 + s0) | 0;
      w1 = (w1 + s1) | 0;
      w2 = (w2 + Math.imul(s2, rows)) | 0;
      w3 = (w3 + Math.imul(s3, rows)) | 0;
      w4 = (w4 + Math.imul(s4, rows)) | 0;
      w5 = (w5 + Math.imul(s5, rows)) | 0;
      w6 = (w6 + Math.imul(s6, rows)) | 0;
      if (w0 === lo && w1 === hi) {
        found[at++] = i;
        found[at++] = w2;
        found[at++] = w3;
        found[at++] = w4;
        found[at++] = w5;
        found[at++] = w6;
      }
    }
    if (i === nrRows) break;
    const mask = bytes[cursors[MASKS]!++]!;
    if (mask & 1) s0 = takeStep(bytes, 0);
    if (mask & 2) s1 = takeStep(bytes, 1);
    if (mask & 4) s2 = takeStep(bytes, 2);
    if (mask & 8) s3 = takeStep(bytes, 3);
    if (mask & 16) s4 = takeStep(bytes, 4);
    if (mask & 32) s5 = takeStep(bytes, 5);
    if (mask & 64) s6 = takeStep(bytes, 6);
  }
  checkStreams();
  return at;
}
