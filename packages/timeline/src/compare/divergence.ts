import { catalog, widthOf, type ChainLink, type EventBatch, type FieldKind, type TraceReader } from '@kwind/events';
import { rawOf, type RawBatch } from '@kwind/events/raw';

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

const sameLink = (a: ChainLink, b: ChainLink): boolean =>
  a.firstSeq === b.firstSeq && a.length === b.length && sameBytes(a.chain, b.chain);

/** Whether the chains prove that both hold the very same events. False proves nothing: they may be cut otherwise. */
export function haveSameChain(a: TraceReader, b: TraceReader): boolean {
  if (a.length !== b.length) return false;
  if (a.length === 0) return true;
  const last = a.length - 1;
  return a.linkAt !== undefined && b.linkAt !== undefined && sameLink(a.linkAt(last), b.linkAt(last));
}

/** Events from the start on that the chains prove to be the same; no batch is read. */
function provenEqual(a: TraceReader, b: TraceReader): number {
  if (!a.linkAt || !b.linkAt) return 0;
  let [same, end] = [0, Math.min(a.length, b.length)];
  while (same < end) {
    const middle = Math.floor((same + end) / 2);
    const link = a.linkAt(middle);
    if (sameLink(link, b.linkAt(middle))) same = link.firstSeq + link.length;
    else end = Math.max(same, Math.min(link.firstSeq, middle));
  }
  return same;
}

/** By code, the places in a row of the words that are numbers of texts. */
const textPlaces: (readonly number[])[] = [];
for (const { code, fields } of catalog) {
  let place = 0;
  const places: number[] = [];
  for (const kind of Object.values(fields as Readonly<Record<string, FieldKind>>)) {
    if (kind === 'str') places.push(place);
    place += widthOf(kind);
  }
  textPlaces[code] = places;
}

/** Whether rows of two batches say the same. A batch numbers its texts as they come: one text more, and all numbers after it are others. */
class SameRows {
  readonly #a: RawBatch;
  readonly #b: RawBatch;
  /** By number of a text in the one batch, its number in the other plus one; 0 where nobody asked. */
  readonly #alike: Uint32Array;

  constructor(a: RawBatch, b: RawBatch) {
    this.#a = a;
    this.#b = b;
    this.#alike = new Uint32Array(a.strings.length);
  }

  has(i: number, j: number): boolean {
    const [a, b] = [this.#a, this.#b];
    const [from, other] = [a.offsets[i]!, b.offsets[j]!];
    const code = a.codes[i]!;
    const width = a.offsets[i + 1]! - from;
    if (code !== b.codes[j] || width !== b.offsets[j + 1]! - other) return false;
    let texts = 0;
    const places = textPlaces[code]!;
    for (let k = 0; k < width; k++) {
      if (k === places[texts]) {
        texts++;
        if (!this.#isText(a.words[from + k]!, b.words[other + k]!)) return false;
      } else if (a.words[from + k] !== b.words[other + k]) return false;
    }
    return true;
  }

  #isText(left: number, right: number): boolean {
    if (this.#alike[left] === right + 1) return true;
    if (this.#a.strings.at(left) !== this.#b.strings.at(right)) return false;
    this.#alike[left] = right + 1;
    return true;
  }
}

/** First event from `start` on, before `end`, that two batches store differently. */
function firstWithin(a: EventBatch, b: EventBatch, start: number, end: number): number | undefined {
  const rows = new SameRows(rawOf(a), rawOf(b));
  for (let seq = start; seq < end; seq++) if (!rows.has(seq - a.firstSeq, seq - b.firstSeq)) return seq;
  return undefined;
}

/**
 * The first event that is stored otherwise in one trace than in the other: a bisection over the chains, and the
 * two batches it ends in. Nothing is normalised here; {@link diffTraces} says what counts.
 *
 * @returns its seq (the length of the shorter trace when that is the start of the other), undefined when they are equal
 */
export function firstDivergence(a: TraceReader, b: TraceReader): number | undefined {
  const shorter = Math.min(a.length, b.length);
  for (let seq = provenEqual(a, b); seq < shorter;) {
    const [left, right] = [a.batchContaining(seq), b.batchContaining(seq)];
    const end = Math.min(left.firstSeq + left.length, right.firstSeq + right.length);
    const found = firstWithin(left, right, seq, end);
    if (found !== undefined) return found;
    seq = end;
  }
  return a.length === b.length ? undefined : shorter;
}
