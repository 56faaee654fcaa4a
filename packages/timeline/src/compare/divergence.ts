import { eventToJson, type ChainLink, type EventBatch, type TraceReader } from '@kwind/events';
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

function sameWords(a: RawBatch, i: number, b: RawBatch, j: number): boolean {
  const [from, other] = [a.offsets[i]!, b.offsets[j]!];
  const width = a.offsets[i + 1]! - from;
  if (a.codes[i] !== b.codes[j] || width !== b.offsets[j + 1]! - other) return false;
  for (let k = 0; k < width; k++) if (a.words[from + k] !== b.words[other + k]) return false;
  return true;
}

/** First event from `seq` on, before `end`, that two batches store differently. */
function firstWithin(a: EventBatch, b: EventBatch, start: number, end: number): number | undefined {
  const [left, right] = [rawOf(a), rawOf(b)];
  // The numbers of strings count from the start of a batch: where they agree, equal words say the same.
  const shared = Math.min(left.strings.length, right.strings.length);
  let sameStrings = true;
  for (let i = 0; i < shared && sameStrings; i++) sameStrings = left.strings.at(i) === right.strings.at(i);
  for (let seq = start; seq < end; seq++) {
    const [i, j] = [seq - a.firstSeq, seq - b.firstSeq];
    if (sameStrings && sameWords(left, i, right, j)) continue;
    if (JSON.stringify(eventToJson(a.at(i))) !== JSON.stringify(eventToJson(b.at(j)))) return seq;
  }
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
