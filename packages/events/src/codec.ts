import { ToolError } from '@kwind/x86';
import { BATCH_SIZE, batchFromRaw, rawOf, type EventBatch, type RawBatch } from './batch.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { catalog, specOfCode } from './catalog/index.ts';
import { readColumn, readWords, writeColumn, writeWords, type Rows } from './columns.ts';
import { widthOf, type EventSpec } from './schema.ts';

/** Number of the column layout below; a reader refuses others. */
const LAYOUT = 1;

/** How the rows of one event type are laid out: `width` words, of which `strings` are indices; a list follows if `list`. */
interface Shape {
  readonly width: number;
  readonly strings: readonly boolean[];
  readonly list: boolean;
}

const shapes: Shape[] = [];
for (const spec of catalog) shapes[spec.code] = shapeOf(spec);

function shapeOf(spec: EventSpec): Shape {
  const kinds = Object.values(spec.fields);
  const strings = kinds
    .filter((kind) => kind !== 'list')
    .flatMap((kind) => Array<boolean>(widthOf(kind)).fill(kind === 'str'));
  return { width: strings.length, strings, list: kinds.includes('list') };
}

const corrupt = (what: string): ToolError =>
  new ToolError('event/corrupt', `stored batch cannot be read: ${what}.`, 'Run kwind verify on the trace.');

/** Words that the rows of each code take, list elements apart. */
const widths = new Uint32Array(256);
for (const spec of catalog) widths[spec.code] = shapes[spec.code]!.width + (shapes[spec.code]!.list ? 1 : 0);

/** Where the words of each row start, sorted by event code: those of one code from `starts[code]` to `starts[code + 1]`. */
interface ByCode {
  readonly starts: Uint32Array;
  readonly present: readonly number[];
  readonly places: Uint32Array;
  /** Scratch: by code, where the next place goes. */
  readonly next: Uint32Array;
}

/** The order alone; whoever knows the rows' offsets fills in the places. Reused: valid until the next call. */
const sortByCode = (() => {
  const sorted = { starts: new Uint32Array(257), places: new Uint32Array(BATCH_SIZE), next: new Uint32Array(257) };
  return (codes: Uint8Array): ByCode => {
    const { starts, next } = sorted;
    starts.fill(0);
    for (let i = 0; i < codes.length; i++) starts[codes[i]! + 1]!++;
    const present: number[] = [];
    for (let code = 0; code < 256; code++) {
      if (starts[code + 1]! > 0) present.push(code);
      starts[code + 1]! += starts[code]!;
    }
    next.set(starts);
    return { ...sorted, present };
  };
})();

const placesOf = (sorted: ByCode, code: number): Uint32Array =>
  sorted.places.subarray(sorted.starts[code]!, sorted.starts[code + 1]!);

/** Batches are encoded one after the other: growing a buffer for each cost more than filling it. */
const scratch = new ByteWriter();

/**
 * A batch as bytes: codes, strings, then for each event type its columns as runs of equal differences
 * from row to row, so that a run of neighbouring entries takes almost nothing. Not yet compressed; the store does that.
 */
export function encodeBatch(batch: EventBatch): Uint8Array<ArrayBuffer> {
  const { codes, offsets, words, strings } = rawOf(batch);
  const out = scratch;
  out.commit(0);
  out.varint(LAYOUT);
  out.varint(batch.length);
  out.varint(batch.openCalls.length);
  for (const open of batch.openCalls) out.varint(open);
  out.varint(strings.length);
  for (const text of strings) out.text(text);
  out.bytes(codes);
  const sorted = sortByCode(codes);
  for (let i = 0; i < codes.length; i++) sorted.places[sorted.next[codes[i]!]!++] = offsets[i]!;
  const lists = sorted.present.filter((code) => shapes[code]!.list);
  for (const code of lists) for (const place of placesOf(sorted, code)) out.varint(words[place + shapes[code]!.width]!);
  for (const code of sorted.present) {
    const rows: Rows = { starts: placesOf(sorted, code), words };
    for (let skip = 0; skip < shapes[code]!.width; skip++) writeColumn(out, rows, skip);
    if (shapes[code]!.list) writeWords(out, rows, shapes[code]!.width);
  }
  return out.done();
}

/** What is read of a batch besides its rows. */
interface Decoded extends RawBatch {
  readonly openCalls: readonly number[];
}

/** Gives arrays of at least so many elements: fresh ones, or the same again and again. */
interface Room {
  offsets(length: number): Uint32Array;
  words(length: number): Uint32Array;
}
const fresh: Room = { offsets: (length) => new Uint32Array(length), words: (length) => new Uint32Array(length) };

/** @throws ToolError event/corrupt; never reads beyond the bytes, and never allocates more than a batch of that many can need */
function decodeRows(bytes: Uint8Array, room: Room): Decoded {
  const input = new ByteReader(bytes);
  const layout = input.varint();
  if (layout !== LAYOUT) throw corrupt(`column layout ${layout}, this kwind reads ${LAYOUT}`);
  const length = input.varint();
  if (length > BATCH_SIZE) throw corrupt(`${length} events, a batch holds at most ${BATCH_SIZE}`);
  const openCalls = readMany(input, (r) => r.varint());
  const strings = readMany(input, (r) => r.text());
  const codes = input.bytes(length);
  const sorted = sortByCode(codes);
  for (const code of sorted.present) if (!specOfCode(code)) throw corrupt(`event code ${code} is unknown`);
  const counts = readCounts(input, sorted);
  const offsets = room.offsets(length + 1);
  const words = room.words(placeRows(codes, counts, sorted, offsets));
  for (const code of sorted.present) {
    const shape = shapes[code]!;
    const rows: Rows = { starts: placesOf(sorted, code), words };
    for (let skip = 0; skip < shape.width; skip++) {
      readColumn(input, rows, skip, shape.strings[skip]! ? strings.length : -1);
    }
    if (!shape.list) continue;
    for (let at = sorted.starts[code]!; at < sorted.starts[code + 1]!; at++) {
      words[sorted.places[at]! + shape.width] = counts![at]!;
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
  return batchFromRaw(firstSeq, openCalls, { ...raw, codes: raw.codes.slice() });
}

/**
 * Decodes batch after batch into the same arrays, for folding a long stretch: the rows are valid until the next call.
 * The arrays may be longer than the batch; `codes` is not.
 */
export class RowDecoder implements Room {
  #offsets = new Uint32Array(BATCH_SIZE + 1);
  #words = new Uint32Array(8 * BATCH_SIZE);

  /** @throws ToolError as {@link decodeBatch} */
  decode(bytes: Uint8Array): RawBatch {
    return decodeRows(bytes, this);
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
function readCounts(input: ByteReader, { starts, present }: ByCode): Uint32Array | undefined {
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

/** Fills in where each row starts, in order and sorted; returns the words they take together. */
function placeRows(
  codes: Uint8Array,
  counts: Uint32Array | undefined,
  { places, next }: ByCode,
  offsets: Uint32Array,
): number {
  let offset = 0;
  offsets[0] = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    const at = next[code]!;
    next[code] = at + 1;
    places[at] = offset;
    offset += widths[code]!;
    if (counts) offset += 2 * counts[at]!;
    offsets[i + 1] = offset;
  }
  return offset;
}

/**
 * The bytes that a batch's identity is taken from, in parts: place, strings, codes and words as they are, whatever way
 * they are stored. Equal events give equal bytes; a change of the column layout or of the compressor does not change
 * them. The parts are views: hash them, do not keep them.
 */
export function canonicalParts(batch: EventBatch): readonly Uint8Array[] {
  const { codes, words, strings } = rawOf(batch);
  const head = new ByteWriter();
  head.varint(batch.firstSeq);
  head.varint(batch.length);
  head.varint(batch.openCalls.length);
  for (const open of batch.openCalls) head.varint(open);
  head.varint(strings.length);
  for (const text of strings) head.text(text);
  return [head.done(), codes, new Uint8Array(words.buffer, words.byteOffset, words.byteLength)];
}

/** {@link canonicalParts} in one piece. */
export function canonicalBytes(batch: EventBatch): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  for (const part of canonicalParts(batch)) out.bytes(part);
  return out.done();
}
