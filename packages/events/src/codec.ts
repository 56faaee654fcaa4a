import { BATCH_SIZE, batchFromRaw, rawOf, type EventBatch } from './batch.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { isEntryCode, specOfCode } from './catalog/index.ts';
import { placesOf, readRuns, runsOf, turnsOf, writeRuns, type CodeRuns } from './code-runs.ts';
import { readColumn, readWords, writeColumn, writeWords, type Rows } from './columns.ts';
import { readEntries, skipEntries, writeEntries } from './entry-runs.ts';
import { fresh, ListCounts, placeRows, readMany, type Decoded, type Room } from './row-room.ts';
import { corrupt, shapes, widths } from './shapes.ts';
import { StoredTexts } from './stored-texts.ts';

/** Number of the column layout below; a reader refuses others. */
export const LAYOUT = 1;

/** Room for any seq as text. */
const SEQ_BYTES = 20;
const VARINT_BYTES = 5;

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

/** By event code, where its columns begin and end in what was written last; at {@link TEXTS}, where the first text begins. */
export const sections = new Uint32Array(2 * 256);
/** No event has the code 0. */
export const TEXTS = 0;

/** As {@link encodeBatch}, to an emptied writer. Tells which event types are there, and leaves their {@link sections}. */
export function writeColumns(out: ByteWriter, batch: EventBatch): CodeRuns {
  const { codes, offsets, words, strings } = rawOf(batch);
  out.commit(0);
  out.varint(LAYOUT);
  out.varint(batch.length);
  out.varint(batch.openCalls.length);
  for (const open of batch.openCalls) out.varint(open);
  out.varint(strings.length);
  sections[TEXTS] = out.length;
  out.texts(strings);
  const runs = runsOf(codes, offsets);
  writeRuns(out, runs);
  const lists = runs.present.filter((code) => shapes[code]!.list);
  for (const code of lists) writeCounts(out, { starts: placesOf(runs, code), words }, shapes[code]!.width);
  for (const code of runs.present) {
    const rows: Rows = { starts: placesOf(runs, code), words };
    sections[2 * code] = out.length;
    if (isEntryCode(code)) writeEntries(out, rows, turnsOf(runs, code));
    else for (let skip = 0; skip < shapes[code]!.width; skip++) writeColumn(out, rows, skip);
    if (shapes[code]!.list) writeWords(out, rows, shapes[code]!.width);
    sections[2 * code + 1] = out.length;
  }
  return runs;
}

/** How many elements each row's list has. */
export function writeCounts(out: ByteWriter, { starts, words }: Rows, skip: number): void {
  const { bytes, at: begin } = out.reserve(VARINT_BYTES * starts.length);
  let at = begin;
  for (let row = 0; row < starts.length; row++) {
    let count = words[starts[row]! + skip]!;
    while (count > 0x7f) {
      bytes[at++] = (count & 0x7f) | 0x80;
      count >>>= 7;
    }
    bytes[at++] = count;
  }
  out.commit(at);
}

/** @throws ToolError event/corrupt; never reads beyond the bytes, and never allocates more than a batch of that many can need */
export function decodeRows(bytes: Uint8Array, room: Room): Decoded {
  const input = new ByteReader(bytes);
  const layout = input.varint();
  if (layout !== LAYOUT) throw corrupt(`column layout ${layout}, this kwind reads ${LAYOUT}`);
  const length = input.varint();
  if (length > BATCH_SIZE) throw corrupt(`${length} events, a batch holds at most ${BATCH_SIZE}`);
  const openCalls = readMany(input);
  const strings = StoredTexts.read(input);
  const runs = readRuns(input, length);
  for (const code of runs.present) if (!specOfCode(code)) throw corrupt(`event code ${code} is unknown`);
  const lists = runs.present.filter((code) => shapes[code]!.list);
  const counts = lists.length > 0 ? new ListCounts() : undefined;
  for (const code of lists) counts!.read(input, runs, code);
  const codes = room.codes(length);
  const offsets = room.offsets(length + 1);
  const words = room.words(placeRows(runs, widths, counts, codes, offsets));
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
    counts!.fill(words, runs, code);
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
