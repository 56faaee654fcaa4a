import { ToolError } from '@kwind/x86';
import { BATCH_SIZE, batchFromRaw, rawOf, type EventBatch, type RawBatch } from './batch.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { catalog, specOfCode } from './catalog/index.ts';
import { widthOf, type EventSpec } from './schema.ts';

/** Number of the column layout below; a reader refuses others. */
const LAYOUT = 1;

/** A word column of one event type: word `skip` of each of its rows; `list` is the count and then pairs of words. */
interface Column {
  readonly skip: number;
  readonly list: boolean;
  readonly isString: boolean;
}

const columnsByCode: (readonly Column[])[] = [];
for (const spec of catalog) columnsByCode[spec.code] = columnsOf(spec);

function columnsOf(spec: EventSpec): Column[] {
  const columns: Column[] = [];
  let skip = 0;
  for (const kind of Object.values(spec.fields)) {
    for (let word = 0; word < widthOf(kind); word++) columns.push({ skip: skip + word, list: kind === 'list', isString: kind === 'str' });
    skip += widthOf(kind);
  }
  return columns;
}

/** Row indices of a batch by event code. */
function rowsByCode(codes: Uint8Array): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  for (let i = 0; i < codes.length; i++) {
    const known = rows.get(codes[i]!);
    if (known) known.push(i);
    else rows.set(codes[i]!, [i]);
  }
  return new Map([...rows].sort(([a], [b]) => a - b));
}

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
  for (const [code, rows] of rowsByCode(codes)) {
    for (const column of columnsByCode[code]!) encodeColumn(out, column, rows, offsets, words);
  }
  return out.done();
}

function encodeColumn(out: ByteWriter, column: Column, rows: readonly number[], offsets: Uint32Array, words: Uint32Array): void {
  if (column.list) return encodeLists(out, column, rows, offsets, words);
  let previous = 0;
  for (const row of rows) {
    const word = words[offsets[row]! + column.skip]!;
    out.delta(word, previous);
    previous = word;
  }
}

function encodeLists(out: ByteWriter, column: Column, rows: readonly number[], offsets: Uint32Array, words: Uint32Array): void {
  const previous: number[] = [];
  for (const row of rows) {
    const at = offsets[row]! + column.skip;
    const count = words[at]!;
    out.varint(count);
    for (let i = 0; i < 2 * count; i++) {
      const word = words[at + 1 + i]!;
      out.delta(word, previous[i] ?? 0);
      previous[i] = word;
    }
  }
}

const corrupt = (what: string): ToolError => new ToolError('event/corrupt', `stored batch cannot be read: ${what}.`, 'Run kwind verify on the trace.');

/**
 * The batch that {@link encodeBatch} wrote.
 * @throws ToolError event/corrupt when the bytes are not such a batch; never reads beyond them, never allocates
 *         more than a batch can need
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
  const lists = new Map<number, number[][]>();
  const columns = new Map<number, Uint32Array[]>();
  for (const [code, rows] of rowsByCode(codes)) {
    if (!specOfCode(code)) throw corrupt(`event code ${code} is unknown`);
    columns.set(code, columnsByCode[code]!.filter((c) => !c.list).map((column) => readColumn(input, column, rows.length, strings.length)));
    if (columnsByCode[code]!.some((c) => c.list)) lists.set(code, readLists(input, rows.length, bytes.length));
  }
  if (!input.atEnd) throw corrupt('bytes follow after the last column');
  return batchFromRaw(firstSeq, openCalls, { ...joinRows(codes, columns, lists), strings });
}

function readMany<T>(input: ByteReader, read: (input: ByteReader) => T): T[] {
  const count = input.varint();
  const values: T[] = [];
  // A hostile count runs into the end of the bytes before it costs memory.
  for (let i = 0; i < count; i++) values.push(read(input));
  return values;
}

function readColumn(input: ByteReader, column: Column, count: number, nrStrings: number): Uint32Array {
  const values = new Uint32Array(count);
  let previous = 0;
  for (let i = 0; i < count; i++) {
    previous = input.delta(previous);
    if (column.isString && previous >= nrStrings) throw corrupt(`string ${previous} of ${nrStrings}`);
    values[i] = previous;
  }
  return values;
}

function readLists(input: ByteReader, count: number, limit: number): number[][] {
  const previous: number[] = [];
  const lists: number[][] = [];
  for (let row = 0; row < count; row++) {
    const nr = input.varint();
    if (2 * nr > limit) throw corrupt(`a list of ${nr} values`);
    const words: number[] = [nr];
    for (let i = 0; i < 2 * nr; i++) {
      previous[i] = input.delta(previous[i] ?? 0);
      words.push(previous[i]!);
    }
    lists.push(words);
  }
  return lists;
}

function joinRows(codes: Uint8Array, columns: Map<number, Uint32Array[]>, lists: Map<number, number[][]>): Omit<RawBatch, 'strings'> {
  const offsets = new Uint32Array(codes.length + 1);
  const next = new Uint32Array(256);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    const list = lists.get(code)?.[next[code]!++];
    offsets[i + 1] = offsets[i]! + columns.get(code)!.length + (list?.length ?? 0);
  }
  const words = new Uint32Array(offsets[codes.length]!);
  next.fill(0);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    const row = next[code]!++;
    let at = offsets[i]!;
    for (const column of columns.get(code)!) words[at++] = column[row]!;
    for (const word of lists.get(code)?.[row] ?? []) words[at++] = word;
  }
  return { codes, offsets, words };
}

/**
 * The bytes that a batch's identity is taken from: codes, words and strings as they are, whatever way they are stored.
 * Equal events give equal bytes; a change of the column layout or of the compressor does not change them.
 */
export function canonicalBytes(batch: EventBatch): Uint8Array<ArrayBuffer> {
  const { codes, words, strings } = rawOf(batch);
  const out = new ByteWriter();
  out.varint(batch.firstSeq);
  out.varint(batch.length);
  out.varint(batch.openCalls.length);
  for (const open of batch.openCalls) out.varint(open);
  out.varint(strings.length);
  for (const text of strings) out.text(text);
  out.bytes(codes);
  out.bytes(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
  return out.done();
}
