import { BATCH_SIZE, batchFromRaw, rawOf, type EventBatch, type Texts } from './batch.ts';
import { ByteReader } from './bytes.ts';
import { isEntryCode, specOfCode } from './catalog/index.ts';
import { readPattern } from './code-pattern.ts';
import { placesOf, type CodeRuns } from './code-runs.ts';
import { readColumn, readWords } from './columns.ts';
import { fresh, ListCounts, placeRows, readMany, type Decoded, type Room } from './row-room.ts';
import { corrupt, shapes, widths } from './shapes.ts';
import { isAtBack } from './split-codec.ts';
import { PackedTexts } from './split-texts.ts';
import { readStores } from './store-runs-read.ts';

/** What splitBatch() made, as a store has it. */
export interface SplitPieces {
  readonly front: Uint8Array;
  /** Unpacks it. */
  back(): Uint8Array;
  /** The whole batch, for who reads rows without calls and is asked for one. May be kept. */
  whole(): EventBatch;
}

/** Words of rows where those of calls are left out. */
const frontWidths = widths.map((width, code) => (isAtBack(code) ? 0 : width));

/** Of the texts of a batch, those that rows in front name are at hand. */
class SplitTexts implements Texts {
  readonly length: number;
  readonly #front: ReadonlyMap<number, string>;
  readonly #others: (index: number) => string | undefined;

  constructor(length: number, front: ReadonlyMap<number, string>, others: (index: number) => string | undefined) {
    this.length = length;
    this.#front = front;
    this.#others = others;
  }

  at(index: number): string | undefined {
    return index < this.length ? (this.#front.get(index) ?? this.#others(index)) : undefined;
  }
}

/** The texts in front by their numbers, of `length` texts in all. */
function readFrontTexts(input: ByteReader, length: number): ReadonlyMap<number, string> {
  const texts = new Map<number, string>();
  let number = -1;
  for (let left = input.varint(); left > 0; left--) {
    number += input.varint() + 1;
    if (number >= length) throw corrupt(`string ${number} of ${length}`);
    texts.set(number, input.text());
  }
  return texts;
}

/** The texts at the back: by number of a text less those in front. */
function textsAtBack(
  input: ByteReader,
  length: number,
  front: ReadonlyMap<number, string>,
): (index: number) => string | undefined {
  const others = PackedTexts.read(input, length - front.size);
  const numbers = [...front.keys()];
  return (index) => {
    let before = numbers.length;
    while (before > 0 && numbers[before - 1]! > index) before--;
    return others.at(index - before);
  };
}

/** What stands at the beginning of the front: of use to whoever reads on. */
export interface FrontHead {
  readonly length: number;
  readonly openCalls: readonly number[];
  readonly nrTexts: number;
  readonly texts: ReadonlyMap<number, string>;
  readonly runs: CodeRuns;
}

/** @throws ToolError event/corrupt */
export function readFrontHead(input: ByteReader): FrontHead {
  const length = input.varint();
  if (length > BATCH_SIZE) throw corrupt(`${length} events, a batch holds at most ${BATCH_SIZE}`);
  const openCalls = readMany(input);
  const nrTexts = input.varint();
  const texts = readFrontTexts(input, nrTexts);
  const runs = readPattern(input, length);
  for (const code of runs.present) if (!specOfCode(code)) throw corrupt(`event code ${code} is unknown`);
  return { length, openCalls, nrTexts, texts, runs };
}

/** @throws ToolError event/corrupt; never reads beyond the bytes, and never allocates more than a batch of that many can need */
export function decodeSplitRows(pieces: SplitPieces, room: Room): Decoded {
  const input = new ByteReader(pieces.front);
  const { length, openCalls, nrTexts, texts, runs } = readFrontHead(input);
  const { whole } = pieces;
  const skipsCalls = room.skipsCalls === true;
  const back = skipsCalls ? undefined : new ByteReader(pieces.back());
  const others = back ? textsAtBack(back, nrTexts, texts) : (index: number) => rawOf(whole()).strings.at(index);
  const strings = new SplitTexts(nrTexts, texts, others);
  const isRead = (code: number): boolean => !skipsCalls || !isAtBack(code);
  const inputOf = (code: number): ByteReader => (isAtBack(code) ? back! : input);
  const lists = runs.present.filter((code) => shapes[code]!.list && isRead(code));
  const counts = lists.length > 0 ? new ListCounts() : undefined;
  for (const code of lists) counts!.read(inputOf(code), runs, code);
  const codes = room.codes(length);
  const offsets = room.offsets(length + 1);
  const words = room.words(placeRows(runs, skipsCalls ? frontWidths : widths, counts, codes, offsets));
  for (const code of runs.present) {
    const { width, list, strings: isText } = shapes[code]!;
    const rows = { starts: placesOf(runs, code), words };
    if (!isRead(code)) continue;
    if (isEntryCode(code)) {
      const end = input.varint() + input.position;
      if (room.skipsStores === true) input.skipTo(end);
      else readStores(input, rows);
      if (input.position !== end) throw corrupt('stores to entries are too long or short');
      continue;
    }
    const from = inputOf(code);
    for (let skip = 0; skip < width; skip++) readColumn(from, rows, skip, isText[skip]! ? nrTexts : -1);
    if (!list) continue;
    counts!.fill(words, runs, code);
    readWords(from, rows, width);
  }
  if (!input.atEnd || back?.atEnd === false) throw corrupt('bytes follow after the last column');
  return { openCalls, codes, offsets, words, strings, ...(skipsCalls ? { whole } : {}) };
}

/**
 * The batch of which splitBatch() made the two pieces.
 * @throws ToolError as decodeBatch()
 */
export function decodeSplit(front: Uint8Array, back: Uint8Array, firstSeq: number): EventBatch {
  const pieces = { front, back: () => back, whole: () => decodeSplit(front, back, firstSeq) };
  const { openCalls, ...raw } = decodeSplitRows(pieces, fresh);
  return batchFromRaw(firstSeq, openCalls, raw);
}
