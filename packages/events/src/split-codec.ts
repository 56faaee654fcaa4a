import { CALL_ENTERED, CALL_RETURNED, rawOf, type EventBatch, type Texts } from './batch.ts';
import { ByteWriter } from './bytes.ts';
import { isEntryCode } from './catalog/index.ts';
import { writePattern } from './code-pattern.ts';
import { placesOf, turnsOf, type CodeRuns } from './code-runs.ts';
import { sections, TEXTS, writeColumns, writeCounts } from './codec.ts';
import { shapes } from './shapes.ts';
import { packTexts } from './split-texts.ts';
import { writeStores } from './store-runs.ts';

/*
 * A batch as a trace keeps it, in two pieces. In front is all that a fold reads: the event types, and the rows of all
 * but calls, so short that it need not be unpacked. At the back are the calls, most of a traced boot and read by hardly anybody:
 * a fold to the end has to know how many there are, and which are open.
 *
 * Front: number of events; open calls; number of texts; how many of them rows in front name, and each of these as the
 * step of its number and the text; the event types, see code-pattern.ts; lengths of lists; then by event type stores as in
 * store-runs.ts, with their length before them, and others as in layout 1. Back: the other texts, see split-texts.ts; lengths
 * of lists; calls as in layout 1.
 */

/** All three pieces are views, good until the next batch is split. */
export interface SplitBatch {
  /** What encodeBatch() gives: what the identity is taken from. */
  readonly columns: Uint8Array<ArrayBuffer>;
  readonly front: Uint8Array<ArrayBuffer>;
  /** Empty where there are no calls. */
  readonly back: Uint8Array<ArrayBuffer>;
  /** Codes of the events, each once and in ascending order. */
  readonly present: readonly number[];
}

export const isAtBack = (code: number): boolean => code === CALL_ENTERED || code === CALL_RETURNED;

const columns = new ByteWriter();
const front = new ByteWriter();
const back = new ByteWriter();
const stores = new ByteWriter();

/** Both forms of a batch. */
export function splitBatch(batch: EventBatch): SplitBatch {
  const { words, strings } = rawOf(batch);
  const runs = writeColumns(columns, batch);
  front.commit(0);
  back.commit(0);
  front.varint(batch.length);
  front.varint(batch.openCalls.length);
  for (const open of batch.openCalls) front.varint(open);
  const isNamed = namedInFront(runs, words, strings.length);
  front.varint(strings.length);
  writeFrontTexts(strings, isNamed);
  packTexts(back, columns.view(), sections[TEXTS]!, isNamed, strings.length);
  writePattern(front, runs);
  for (const code of runs.present) {
    if (!shapes[code]!.list) continue;
    writeCounts(isAtBack(code) ? back : front, { starts: placesOf(runs, code), words }, shapes[code]!.width);
  }
  for (const code of runs.present) {
    if (isEntryCode(code)) {
      stores.commit(0);
      writeStores(stores, { starts: placesOf(runs, code), words }, turnsOf(runs, code));
      front.varint(stores.length);
      front.bytes(stores.view());
    } else {
      const out = isAtBack(code) ? back : front;
      out.bytes(columns.view(sections[2 * code], sections[2 * code + 1]));
    }
  }
  return { columns: columns.view(), front: front.view(), back: back.view(), present: runs.present };
}

let named = new Uint8Array(0);

/** By text, 1 where a row in front names it. */
function namedInFront(runs: CodeRuns, words: Uint32Array, nrTexts: number): Uint8Array {
  if (named.length < nrTexts) named = new Uint8Array(2 * nrTexts);
  named.fill(0, 0, nrTexts);
  for (const code of runs.present) {
    if (isAtBack(code)) continue;
    for (const [skip, isText] of shapes[code]!.strings.entries()) {
      if (isText) for (const place of placesOf(runs, code)) named[words[place + skip]!] = 1;
    }
  }
  return named;
}

function writeFrontTexts(strings: Texts, isNamed: Uint8Array): void {
  let count = 0;
  for (let i = 0; i < strings.length; i++) count += isNamed[i]!;
  front.varint(count);
  let previous = -1;
  for (let i = 0; i < strings.length; i++) {
    if (isNamed[i] === 0) continue;
    front.varint(i - previous - 1);
    front.text(strings.at(i)!);
    previous = i;
  }
}
