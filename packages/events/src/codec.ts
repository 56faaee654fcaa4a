import { BATCH_SIZE, batchFromRaw, rawOf, type EventBatch, type RawBatch } from './batch.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { isEntryCode, specOfCode } from './catalog/index.ts';
import { placesOf, readRuns, runsOf, writeRuns, type CodeRuns } from './code-runs.ts';
import { readColumn, readWords, writeColumn, writeWords, type Rows } from './columns.ts';
import { readEntries, skipEntries, writeEntries } from './entry-runs.ts';
import { corrupt, shapes, widths } from './shapes.ts';
import { StoredTexts } from './stored-texts.ts';

/** Number of the column layout below; a reader refuses others. */
export const LAYOUT = 1;

/** Room for any seq as text. */
const SEQ_BYTES = 20;

/** Batches are encoded one after the other: growing a buffer for each cost more than filling it. */
const scratch = new ByteWriter();

/**
 * A batch as bytes: codes, strings, then for each event type its columns as runs of equal differences
 * from row to row, so that a run of neighbouring entries takes almost nothing. Not yet compressed; the store does that.
 */
export function encodeBatch(batch: EventBatch): Uint8Array<ArrayBuffer> {
  writeColumns(scratch, batch);
  return scratch.done();
}

/** By event code, where its columns begin and end in what was written last. */
export const sections = new Uint32Array(2 * 256);

/** As {@link encodeBatch}, to an emptied writer. Tells which event types are there, and leaves their {@link sections}. */
export function writeColumns(out: ByteWriter, batch: EventBatch): CodeRuns {
  const { codes, offsets, words, strings } = rawOf(batch);
  out.commit(0);
  out.varint(LAYOUT);
  out.varint(batch.length);
  out.varint(batch.openCalls.length);
  for (const open of batch.openCalls) out.varint(open);
  out.varint(strings.length);
  for (let i = 0; i < strings.length; i++) out.text(strings.at(i)!);
  const runs = runsOf(codes, offsets);
  writeRuns(out, runs);
  const lists = runs.present.filter((code) => shapes[code]!.list);
  for (const code of lists) writeCounts(out, { starts: placesOf(runs, code), words }, shapes[code]!.width);
  for (const code of runs.present) {
    const rows: Rows = { starts: placesOf(runs, code), words };
    sections[2 * code] = out.length;
    if (isEntryCode(code)) writeEntries(out, rows);
    else for (let skip = 0; skip < shapes[code]!.width; skip++) writeColumn(out, rows, skip);
    if (shapes[code]!.list) writeWords(out, rows, shapes[code]!.width);
    sections[2 * code + 1] = out.length;
  }
  return runs;
}

/** How many elements each row's list has. */
export function writeCounts(out: ByteWriter, { starts, words }: Rows, skip: number): void {
  for (const start of starts) out.varint(words[start + skip]!);
}

/** What is read of a batch besides its rows. */
interface Decoded extends RawBatch {
  readonly openCalls: readonly number[];
}

/** Gives arrays, fresh ones or the same again and again; offsets and words may be longer than asked for. */
interface Room {
  /** Whether the words of stores to entries are left as they are. */
  readonly skipsStores?: boolean;
  codes(length: number): Uint8Array;
  offsets(length: number): Uint32Array;
  words(length: number): Uint32Array;
}
const fresh: Room = {
  codes: (length) => new Uint8Array(length),
  offsets: (length) => new Uint32Array(length),
  words: (length) => new Uint32Array(length),
};

/** @throws ToolError event/corrupt; never reads beyond the bytes, and never allocates more than a batch of that many can need */
function decodeRows(bytes: Uint8Array, room: Room): Decoded {
  const input = new ByteReader(bytes);
  const layout = input.varint();
  if (layout !== LAYOUT) throw corrupt(`column layout ${layout}, this kwind reads ${LAYOUT}`);
  const length = input.varint();
  if (length > BATCH_SIZE) throw corrupt(`${length} events, a batch holds at most ${BATCH_SIZE}`);
  const openCalls = readMany(input, (r) => r.varint());
  const strings = StoredTexts.read(input);
  const runs = readRuns(input, length);
  for (const code of runs.present) if (!specOfCode(code)) throw corrupt(`event code ${code} is unknown`);
  const counts = readCounts(input, runs);
  const codes = room.codes(length);
  const offsets = room.offsets(length + 1);
  const words = room.words(placeRows(runs, counts, codes, offsets));
  for (const code of runs.present) {
    const shape = shapes[code]!;
    const rows: Rows = { starts: placesOf(runs, code), words };
    if (isEntryCode(code)) {
      if (room.skipsStores === true) skipEntries(input);
      else readEntries(input, rows);
      continue;
    }
    for (let skip = 0; skip < shape.width; skip++) {
      readColumn(input, rows, skip, shape.strings[skip]! ? strings.length : -1);
    }
    if (!shape.list) continue;
    for (let at = runs.starts[code]!; at < runs.starts[code + 1]!; at++) {
      words[runs.places[at]! + shape.width] = counts![at]!;
    }
    readWords(input, rows, shape.width);
  }
  if (!input.atEnd) throw corrupt('bytes follow after the last column');
  return { openCalls, codes, offsets, words, strings };
}

/**
 * The batch that {@link encodeBatch} wrote.
 * @throws ToolError event/corrupt when the bytes are not such a batch; never reads beyond them, and never allocates
 *         more than a batch of that many bytes can need
 */
export function decodeBatch(bytes: Uint8Array, firstSeq: number): EventBatch {
  const { openCalls, ...raw } = decodeRows(bytes, fresh);
  return batchFromRaw(firstSeq, openCalls, raw);
}

/**
 * Decodes batch after batch into the same arrays, for folding a long stretch: the rows are valid until the next call.
 * The arrays may be longer than the batch; `codes` is not.
 */
export class RowDecoder implements Room {
  skipsStores = false;
  readonly #codes = new Uint8Array(BATCH_SIZE);
  readonly #offsets = new Uint32Array(BATCH_SIZE + 1);
  #words = new Uint32Array(8 * BATCH_SIZE);

  /**
   * @param skipsStores leaves the words of stores to entries undefined: for who folds all but the pages
   * @throws ToolError as {@link decodeBatch}
   */
  decode(bytes: Uint8Array, skipsStores = false): RawBatch {
    this.skipsStores = skipsStores;
    return decodeRows(bytes, this);
  }
  codes(length: number): Uint8Array {
    return this.#codes.subarray(0, length);
  }
  offsets(): Uint32Array {
    return this.#offsets;
  }
  words(length: number): Uint32Array {
    if (length > this.#words.length) this.#words = new Uint32Array(2 * length);
    return this.#words;
  }
}

function readMany<T>(input: ByteReader, read: (input: ByteReader) => T): T[] {
  const count = input.varint();
  const values: T[] = [];
  // A hostile count runs into the end of the bytes before it costs memory.
  for (let i = 0; i < count; i++) values.push(read(input));
  return values;
}

/** Elements of each row's list, in the sorted order; undefined when no row has one. */
function readCounts(input: ByteReader, { starts, present }: CodeRuns): Uint32Array | undefined {
  if (!present.some((code) => shapes[code]!.list)) return undefined;
  const counts = new Uint32Array(BATCH_SIZE);
  let total = 0;
  for (const code of present) {
    if (!shapes[code]!.list) continue;
    for (let at = starts[code]!; at < starts[code + 1]!; at++) {
      counts[at] = input.varint();
      total += counts[at]!;
      // Two words an element, each at least a byte in what follows.
      if (2 * total > input.left) throw corrupt(`lists of ${total} values and more`);
    }
  }
  return counts;
}

/** Fills in code and start of each row, in order and sorted; returns the words they take together. */
function placeRows(runs: CodeRuns, counts: Uint32Array | undefined, codes: Uint8Array, offsets: Uint32Array): number {
  const { places, next } = runs;
  let offset = 0;
  let i = 0;
  offsets[0] = 0;
  for (let run = 0; run < runs.count; run++) {
    const code = runs.codes[run]!;
    const end = runs.ends[run]!;
    const width = widths[code]!;
    let at = next[code]!;
    while (i < end) {
      codes[i] = code;
      places[at] = offset;
      offset += width;
      if (counts) offset += 2 * counts[at]!;
      at++;
      offsets[++i] = offset;
    }
    next[code] = at;
  }
  return offset;
}

/**
 * The bytes that a batch's identity is taken from: its first seq, then the columns of layout 1. A later layout or another
 * compressor leaves them as they are: whoever stores another layout keeps this one for the identity. Equal events give
 * equal bytes. The parts may be views: hash them, do not keep them.
 * @param columns what {@link encodeBatch} gave for the batch, where that is at hand
 */
export function canonicalParts(batch: EventBatch, columns: Uint8Array = encodeBatch(batch)): readonly Uint8Array[] {
  const head = new ByteWriter(SEQ_BYTES);
  head.text(String(batch.firstSeq));
  return [head.done(), columns];
}

/** {@link canonicalParts} in one piece. */
export function canonicalBytes(batch: EventBatch): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  for (const part of canonicalParts(batch)) out.bytes(part);
  return out.done();
}
