import { catalog, type BatchSummary, type EventBatch, type TraceReader } from '@kwind/events';
import type { Direction, Source } from './types.ts';

const allCodes: readonly number[] = catalog.map((spec) => spec.code);
const everything: readonly Source[] = [{ codes: allCodes }];

/** wanted[code] is 1 for the codes of some source. */
export function wantedCodes(sources: readonly Source[] = everything): Uint8Array {
  const wanted = new Uint8Array(256);
  for (const source of sources) for (const code of source.codes) wanted[code] = 1;
  return wanted;
}

/** Batches that may hold an event of one of the sources, each once, in `direction` from the one that holds `from`. */
export function* batchesOf(
  reader: TraceReader,
  sources: readonly Source[] = everything,
  from: number,
  direction: Direction,
): Generator<EventBatch> {
  const lists = sources.map((source) => summariesOf(reader, source, from, direction));
  const heads = lists.map((list) => list.next().value as BatchSummary | undefined);
  for (;;) {
    const firsts = heads.flatMap((head) => (head ? [head.firstSeq] : []));
    if (firsts.length === 0) return;
    const first = direction === 'forward' ? Math.min(...firsts) : Math.max(...firsts);
    yield reader.batchContaining(first);
    for (const [i, list] of lists.entries()) {
      if (heads[i]?.firstSeq === first) heads[i] = list.next().value as BatchSummary | undefined;
    }
  }
}

function* summariesOf(
  reader: TraceReader,
  source: Source,
  from: number,
  direction: Direction,
): Generator<BatchSummary> {
  if (source.touch === undefined) {
    yield* reader.batchesWith(source.codes, from, direction);
    return;
  }
  for (const summary of reader.batchesTouching(source.touch, from, direction)) {
    if (source.codes.some((code) => summary.codes.has(code))) yield summary;
  }
}
