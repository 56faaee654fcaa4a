import { ToolError } from '@kwind/x86';
import { BATCH_SIZE, batchFromRaw, rawOf, type EventBatch } from './batch.ts';
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
  const strings = kinds.filter((kind) => kind !== 'list').flatMap((kind) => Array<boolean>(widthOf(kind)).fill(kind === 'str'));
  return { width: strings.length, strings, list: kinds.includes('list') };
}

const corrupt = (what: string): ToolError => new ToolError('event/corrupt', `stored batch cannot be read: ${what}.`, 'Run kwind verify on the trace.');

/** Row numbers sorted by event code, and where each code's rows start and end in that order. */
interface ByCode {
  readonly order: Uint16Array;
  readonly starts: Uint32Array;
  readonly present: readonly number[];
}

function byCode(codes: Uint8Array): ByCode {
  const starts = new Uint32Array(257);
  for (let i = 0; i < codes.length; i++) starts[codes[i]! + 1]!++;
  const present: number[] = [];
  for (let code = 0; code < 256; code++) {
    if (starts[code + 1]! > 0) present.push(code);
    starts[code + 1]! += starts[code]!;
  }
  const next = starts.slice();
  const order = new Uint16Array(codes.length);
  for (let i = 0; i < codes.length; i++) order[next[codes[i]!]!++] = i;
  return { order, starts, present };
}

const rowsOf = (sorted: ByCode, code: number): Uint16Array => sorted.order.subarray(sorted.starts[code]!, sorted.starts[code + 1]!);

/**
 * A batch as bytes: codes, strings, then for each event type its columns as differences from row to row,
 * so that a run of neighbouring entries compresses to almost nothing. Not yet compressed; the store does that.
 */
export function encodeBatch(batch: EventBatch): Uint8Array<ArrayBuffer> {
  const { codes, offsets, words, strings } = rawOf(batch);
  const out = new ByteWriter();
  out.varint(LAYOUT);
  out.varint(batch.length);
  out.varint(batch.openCalls.length);
  for (const open of batch.openCalls) out.varint(open);
  out.varint(strings.length);
  for (const text of strings) out.text(text);
  out.bytes(codes);
  const sorted = byCode(codes);
  const lists = sorted.present.filter((code) => shapes[code]!.list);
  for (const code of lists) for (const row of rowsOf(sorted, code)) out.varint(words[offsets[row]! + shapes[code]!.width]!);
  for (const code of sorted.present) {
    const rows: Rows = { rows: rowsOf(sorted, code), offsets, words };
    for (let skip = 0; skip < shapes[code]!.width; skip++) writeColumn(out, rows, skip);
    if (shapes[code]!.list) writeWords(out, rows, shapes[code]!.width);
  }
  return out.done();
}

/**
 * The batch that {@link encodeBatch} wrote.
 * @throws ToolError event/corrupt when the bytes are not such a batch; never reads beyond them, and never allocates
 *         more than a batch of that many bytes can need
 */
export function decodeBatch(bytes: Uint8Array, firstSeq: number): EventBatch {
  const input = new ByteReader(bytes);
  const layout = input.varint();
  if (layout !== LAYOUT) throw corrupt(`column layout ${layout}, this kwind reads ${LAYOUT}`);
  const length = input.varint();
  if (length > BATCH_SIZE) throw corrupt(`${length} events, a batch holds at most ${BATCH_SIZE}`);
  const openCalls = readMany(input, (r) => r.varint());
  const strings = readMany(input, (r) => r.text());
  const codes = input.bytes(length).slice();
  const sorted = byCode(codes);
  for (const code of sorted.present) if (!specOfCode(code)) throw corrupt(`event code ${code} is unknown`);
  const counts = readCounts(input, sorted, length);
  const offsets = offsetsOf(codes, counts);
  const words = new Uint32Array(offsets[length]!);
  for (const code of sorted.present) {
    const shape = shapes[code]!;
    const rows: Rows = { rows: rowsOf(sorted, code), offsets, words };
    for (let skip = 0; skip < shape.width; skip++) readColumn(input, rows, skip, shape.strings[skip]! ? strings.length : -1);
    if (shape.list) readWords(input, rows, shape.width, counts);
  }
  if (!input.atEnd) throw corrupt('bytes follow after the last column');
  return batchFromRaw(firstSeq, openCalls, { codes, offsets, words, strings });
}

function readMany<T>(input: ByteReader, read: (input: ByteReader) => T): T[] {
  const count = input.varint();
  const values: T[] = [];
  // A hostile count runs into the end of the bytes before it costs memory.
  for (let i = 0; i < count; i++) values.push(read(input));
  return values;
}

/** Elements of each row's list, by row; 0 for rows without one. */
function readCounts(input: ByteReader, sorted: ByCode, length: number): Uint32Array {
  const counts = new Uint32Array(length);
  let total = 0;
  for (const code of sorted.present) {
    if (!shapes[code]!.list) continue;
    for (const row of rowsOf(sorted, code)) {
      counts[row] = input.varint();
      total += counts[row]!;
      // Two words an element, each at least a byte in what follows.
      if (2 * total > input.left) throw corrupt(`lists of ${total} values and more`);
    }
  }
  return counts;
}

function offsetsOf(codes: Uint8Array, counts: Uint32Array): Uint32Array {
  const offsets = new Uint32Array(codes.length + 1);
  for (let i = 0; i < codes.length; i++) {
    const shape = shapes[codes[i]!]!;
    offsets[i + 1] = offsets[i]! + shape.width + (shape.list ? 1 + 2 * counts[i]! : 0);
  }
  return offsets;
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
