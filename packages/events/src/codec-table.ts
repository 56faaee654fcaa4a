import { BATCH_SIZE } from './batch.ts';
import { ByteReader } from './bytes.ts';
import { isEntryCode } from './catalog/index.ts';
import { readRuns, type CodeRuns } from './code-runs.ts';
import { LAYOUT } from './codec.ts';
import { readColumn } from './columns.ts';
import { readEntriesOf } from './entry-runs.ts';
import { corrupt, shapes } from './shapes.ts';

/*
 * Reads of a stored batch the stores to one table alone. The other stores are passed a run at a time and nothing is
 * written out for them, which takes a fifth of the time of decodeBatch: going to a place in a long history is mostly this.
 */

/** Words of one store in {@link TableStores}: event index, entry index, before and after, low words first. */
export const STORE_WORDS = 6;

export interface TableStores {
  readonly firstSeq: number;
  /** {@link STORE_WORDS} each, in the order of the events. */
  readonly words: Uint32Array;
}

const LAST_STORE = 0x1f;
const TABLE_ALLOCATED = 0x01;
const TWO_32 = 0x1_0000_0000;

const found = new Uint32Array(BATCH_SIZE * STORE_WORDS);

/**
 * The stores of a stored batch to one table. Undefined when the batch also makes a table of its page, or is laid
 * out in another way: then only the whole batch tells.
 * @throws ToolError event/corrupt
 */
export function decodeStores(bytes: Uint8Array, firstSeq: number, table: number): TableStores | undefined {
  const input = new ByteReader(bytes);
  if (input.varint() !== LAYOUT) return undefined;
  const length = input.varint();
  if (length > BATCH_SIZE) throw corrupt(`${length} events, a batch holds at most ${BATCH_SIZE}`);
  for (let open = input.varint(); open > 0; open--) input.varint();
  for (let left = input.varint(); left > 0; left--) input.skip(input.varint());
  const runs = readRuns(input, length);
  const nrRows = (code: number): number => runs.starts[code + 1]! - runs.starts[code]!;
  for (const code of runs.present) {
    if (shapes[code] === undefined) throw corrupt(`event code ${code} is unknown`);
    if (shapes[code].list) for (let row = nrRows(code); row > 0; row--) input.varint();
  }
  let end = 0;
  let types = 0;
  for (const code of runs.present) {
    if (code > LAST_STORE) break;
    if (isEntryCode(code)) {
      const from = end;
      end = readEntriesOf(input, nrRows(code), table, found, from);
      if (end > from) types++;
      numberEvents(runs, code, from, end);
    } else if (namesTable(input, code, nrRows(code), table)) return undefined;
  }
  return { firstSeq, words: inOrder(found.slice(0, end), types) };
}

/** Whether one of the rows of an event type that is no store makes a table of the page. Reads over all its columns. */
function namesTable(input: ByteReader, code: number, nrRows: number, table: number): boolean {
  const { width } = shapes[code]!;
  const starts = Uint32Array.from({ length: nrRows }, (_, row) => row * width);
  const words = new Uint32Array(nrRows * width);
  for (let skip = 0; skip < width; skip++) readColumn(input, { starts, words }, skip, -1);
  return (
    code === TABLE_ALLOCATED &&
    starts.some((start) => words[start] === table % TWO_32 && words[start + 1] === Math.floor(table / TWO_32))
  );
}

/** Each store says which row of its type it is: make that the index of its event. */
function numberEvents(runs: CodeRuns, code: number, from: number, to: number): void {
  let at = from;
  let rows = 0;
  for (let run = 0, start = 0; run < runs.count && at < to; run++) {
    const end = runs.ends[run]!;
    if (runs.codes[run] === code) {
      for (; at < to && found[at]! < rows + end - start; at += STORE_WORDS) found[at]! += start - rows;
      rows += end - start;
    }
    start = end;
  }
}

/** Stores of several types each come in order; together they are sorted by their events. */
function inOrder(words: Uint32Array, types: number): Uint32Array {
  if (types <= 1) return words;
  const order = Array.from({ length: words.length / STORE_WORDS }, (_, i) => i * STORE_WORDS);
  order.sort((a, b) => words[a]! - words[b]!);
  const sorted = new Uint32Array(words.length);
  for (const [i, at] of order.entries()) sorted.set(words.subarray(at, at + STORE_WORDS), i * STORE_WORDS);
  return sorted;
}
