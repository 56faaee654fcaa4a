import { pushGap, type Gaps, type Span } from './gaps.ts';
import { shortestEdit } from './myers.ts';
import { walk } from './walk.ts';

/** About so many values are looked at as anchors; of a longer list, those that a few bits choose on both sides alike. */
const WANTED = 1 << 16;
/** Without anchors, lists of so many together are searched for a shortest edit all the same. */
const SHORT = 1 << 15;
/** One of that many edits at most. */
const MOST_EDITS = 2000;

/**
 * Patience: what occurs once on each side, as far as it stands in one order, cuts the lists into short pieces. Where nothing
 * does, long lists are {@link walk}ed along, and short ones with more edits than are looked for are one gap.
 */
export function byAnchors(span: Span, gaps: Gaps, alignPiece: (piece: Span, gaps: Gaps) => void): void {
  const size = Math.max(span.toA - span.fromA, span.toB - span.fromB);
  let bits = 0;
  while (size / 2 ** bits > WANTED) bits++;
  let anchors: number[] = [];
  // Few of many: if the choice was a bad one, a finer one.
  for (; bits >= 0 && anchors.length === 0; bits = bits === 0 ? -1 : Math.max(0, bits - 4))
    anchors = anchorsOf(span, bits);
  if (anchors.length === 0) {
    const isShort = span.toA - span.fromA + span.toB - span.fromB <= SHORT;
    if (!isShort) return walk(span, gaps);
    if (shortestEdit(span, MOST_EDITS, Infinity, gaps)) return;
    return pushGap(gaps, span.fromA, span.toA, span.fromB, span.toB);
  }
  let { fromA, fromB } = span;
  for (let i = 0; i < anchors.length; i += 2) {
    const [placeA, placeB] = [anchors[i]!, anchors[i + 1]!];
    alignPiece({ ...span, fromA, toA: placeA, fromB, toB: placeB }, gaps);
    [fromA, fromB] = [placeA + 1, placeB + 1];
  }
  alignPiece({ ...span, fromA, fromB }, gaps);
}

function anchorsOf({ a, b, fromA, toA, fromB, toB }: Span, bits: number): number[] {
  const mask = 2 ** bits - 1;
  const [onlyA, onlyB] = [placesOf(a, fromA, toA, mask), placesOf(b, fromB, toB, mask)];
  const both: number[] = [];
  for (let i = fromA; i < toA; i++) {
    const value = a[i]!;
    if ((value & mask) !== 0 || onlyA.get(value) !== i) continue;
    const other = onlyB.get(value);
    if (other >= 0) both.push(i, other);
  }
  return rising(both);
}

/** Place of each chosen value, below 0 for one that occurs more than once. */
function placesOf(list: Uint32Array, from: number, to: number, mask: number): Places {
  const places = new Places((to - from) / (mask + 1));
  for (let i = from; i < to; i++) if ((list[i]! & mask) === 0) places.note(list[i]!, i);
  return places;
}

const NOWHERE = -1;
const TWICE = -2;
/** Slots that are looked at before a value is taken for no anchor: values made to collide must not make it slow. */
const PROBES = 64;

/** Where values occur; a Map of them took five times as long. */
class Places {
  readonly #values: Uint32Array;
  readonly #places: Int32Array;
  readonly #shift: number;

  /** @param expected about how many values */
  constructor(expected: number) {
    const bits = Math.max(4, Math.ceil(Math.log2(expected + 1)) + 2);
    this.#values = new Uint32Array(2 ** bits);
    this.#places = new Int32Array(2 ** bits).fill(NOWHERE);
    this.#shift = 32 - bits;
  }

  note(value: number, place: number): void {
    const slot = this.#slotOf(value);
    if (slot < 0) return;
    this.#places[slot] = this.#places[slot] === NOWHERE ? place : TWICE;
    this.#values[slot] = value;
  }
  get(value: number): number {
    const slot = this.#slotOf(value);
    return slot < 0 ? TWICE : this.#places[slot]!;
  }

  /** Where a value is, or would go; −1 where there is no room nearby. */
  #slotOf(value: number): number {
    const mask = this.#values.length - 1;
    let slot = Math.imul(value, 0x9e3779b1) >>> this.#shift;
    for (let probe = 0; probe < PROBES; probe++, slot = (slot + 1) & mask)
      if (this.#places[slot] === NOWHERE || this.#values[slot] === value) return slot;
    return -1;
  }
}

/** A longest part of pairs, sorted by the first, that rises in the second too. */
function rising(pairs: readonly number[]): number[] {
  const ends: number[] = [];
  const previous = new Int32Array(pairs.length / 2);
  for (let i = 0; i < previous.length; i++) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[2 * ends[middle]! + 1]! < pairs[2 * i + 1]!) low = middle + 1;
      else high = middle;
    }
    previous[i] = low > 0 ? ends[low - 1]! : -1;
    ends[low] = i;
  }
  const found: number[] = [];
  for (let i = ends.at(-1) ?? -1; i >= 0; i = previous[i]!) found.push(pairs[2 * i + 1]!, pairs[2 * i]!);
  return found.reverse();
}
