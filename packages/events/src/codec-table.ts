import { BATCH_SIZE } from './batch.ts';
import { ByteReader } from './bytes.ts';
import { isEntryCode } from './catalog/index.ts';
import { readRuns, type CodeRuns } from './code-runs.ts';
import { LAYOUT } from './codec.ts';
import { readColumn } from './columns.ts';
import { readEntriesOf } from './entry-runs.ts';
import { corrupt, shapes } from './shapes.ts';
import { isAtBack } from './split-codec.ts';
import { readFrontHead } from './split-read.ts';
import { readStoresOf } from './store-runs-read.ts';
import { StoredTexts } from './stored-texts.ts';

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
  /** Where the page is made a table, which empties it; in order. */
  readonly made: readonly MadeTable[];
}

/** A table.allocated; `index` is that of the event in its batch. */
export interface MadeTable {
  readonly index: number;
  readonly level: string;
  readonly name: string;
}

const LAST_STORE = 0x1f;
const TABLE_ALLOCATED = 0x01;
const TWO_32 = 0x1_0000_0000;

const found = new Uint32Array(BATCH_SIZE * STORE_WORDS);

/**
 * The stores of a stored batch to one table. Undefined when the batch is laid out in another way: then only the whole batch
 * tells.
 * @throws ToolError event/corrupt
 */
export function decodeStores(bytes: Uint8Array, firstSeq: number, table: number): TableStores | undefined {
  const input = new ByteReader(bytes);
  if (input.varint() !== LAYOUT) return undefined;
  const length = input.varint();
  if (length > BATCH_SIZE) throw corrupt(`${length} events, a batch holds at most ${BATCH_SIZE}`);
  for (let open = input.varint(); open > 0; open--) input.varint();
  const texts = input.position;
  for (let left = input.varint(); left > 0; left--) input.skip(input.varint());
  const runs = readRuns(input, length);
  for (const code of runs.present) {
    if (shapes[code] === undefined) throw corrupt(`event code ${code} is unknown`);
    if (shapes[code].list) skipCounts(input, runs, code);
  }
  let read: StoredTexts | undefined;
  const textAt = (index: number): string | undefined =>
    (read ??= StoredTexts.read(new ByteReader(bytes.subarray(texts)))).at(index);
  return storesIn(input, runs, { firstSeq, table, textAt }, readEntriesOf);
}

/**
 * The same of the front of a batch that is stored in two pieces.
 * @throws ToolError event/corrupt
 */
export function decodeSplitStores(front: Uint8Array, firstSeq: number, table: number): TableStores {
  const input = new ByteReader(front);
  const { runs, texts } = readFrontHead(input);
  const textAt = (index: number): string | undefined => texts.get(index);
  for (const code of runs.present) if (shapes[code]!.list && !isAtBack(code)) skipCounts(input, runs, code);
  return storesIn(input, runs, { firstSeq, table, textAt }, (...rows) => {
    const stop = input.varint() + input.position;
    const end = readStoresOf(...rows);
    if (input.position !== stop) throw corrupt('stores to entries are too long or short');
    return end;
  });
}

const nrRowsOf = ({ starts }: CodeRuns, code: number): number => starts[code + 1]! - starts[code]!;

function skipCounts(input: ByteReader, runs: CodeRuns, code: number): void {
  for (let row = nrRowsOf(runs, code); row > 0; row--) input.varint();
}

/** The stores to a table, out of columns of which those of the first types come next. */
function storesIn(input: ByteReader, runs: CodeRuns, wanted: Wanted, readRows: typeof readEntriesOf): TableStores {
  const { firstSeq, table } = wanted;
  let made: readonly MadeTable[] = [];
  let end = 0;
  let types = 0;
  for (const code of runs.present) {
    if (code > LAST_STORE) break;
    if (isEntryCode(code)) {
      const from = end;
      end = readRows(input, nrRowsOf(runs, code), table, found, from);
      if (end > from) types++;
      numberEvents(runs, code, from, end);
    } else made = madeOf(input, runs, code, wanted);
  }
  return { firstSeq, words: inOrder(found.slice(0, end), types), made };
}

interface Wanted {
  readonly firstSeq: number;
  readonly table: number;
  /** A text of the batch by its number. */
  readonly textAt: (index: number) => string | undefined;
}

/** The rows of an event type that is no store, as far as they make the page a table. Reads over all its columns. */
function madeOf(input: ByteReader, runs: CodeRuns, code: number, { table, textAt }: Wanted): readonly MadeTable[] {
  const nrRows = nrRowsOf(runs, code);
  const { width } = shapes[code]!;
  const starts = Uint32Array.from({ length: nrRows }, (_, row) => row * width);
  const words = new Uint32Array(nrRows * width);
  for (let skip = 0; skip < width; skip++) readColumn(input, { starts, words }, skip, -1);
  if (code !== TABLE_ALLOCATED) return [];
  const made: MadeTable[] = [];
  for (const [row, start] of starts.entries()) {
    if (words[start] !== table % TWO_32 || words[start + 1] !== Math.floor(table / TWO_32)) continue;
    const [level, name] = [textAt(words[start + 2]!), textAt(words[start + 3]!)];
    if (level === undefined || name === undefined) throw corrupt('a table has a text that is not there');
    made.push({ index: eventOf(runs, code, row), level, name });
  }
  return made;
}

/** Index of the event that is some row of its type. */
function eventOf(runs: CodeRuns, code: number, row: number): number {
  let left = row;
  for (let run = 0, start = 0; run < runs.count; run++) {
    const length = runs.ends[run]! - start;
    if (runs.codes[run] === code) {
      if (left < length) return start + left;
      left -= length;
    }
    start += length;
  }
  throw corrupt(`a row ${row} that no event is`);
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
