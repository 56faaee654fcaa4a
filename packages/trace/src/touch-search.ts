import { scanBatches, type Direction } from './batch-scan.ts';
import { hasCode } from './code-set.ts';
import type { Queries, SummaryRow } from './queries.ts';
import { entryOf, slotCodes, slotKey, tableCodes } from './touch.ts';
import { readHits } from './touch-hits.ts';

/** One thing to look for, as the index knows it. */
export interface Target {
  readonly key: number;
  /** Entry of the table, or undefined for any. */
  readonly entry: number | undefined;
  /** Codes of the events that can touch it. */
  readonly codes: readonly number[];
}

export const tableTarget = (table: number, index?: number): Target => ({
  key: table,
  entry: index === undefined ? undefined : entryOf(index),
  codes: tableCodes,
});
export const slotTarget = (slot: number): Target => ({ key: slotKey(slot), entry: undefined, codes: slotCodes });

/** Where to look: from one event on, in a direction, and no farther than to another. */
export interface Stretch {
  readonly from: number;
  readonly until: number | undefined;
  readonly direction: Direction;
}
/** Groups that are looked into at once: of ten million events all. */
const MOST_GROUPS = 64;

/** Events that the index covers, and that there are. */
export interface Known {
  readonly indexed: number;
  readonly length: number;
}

/** Finds the batches that touch something: by the index, and after its end by their codes. */
export class TouchSearch {
  readonly #queries: Queries;
  /** First seqs of the index's groups, as far as anyone has asked: some hundreds in a hundred million events. */
  readonly #groups: number[] = [];

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** May yield a batch that does not touch the target, never leaves one out that does. */
  *batches(target: Target, wanted: Stretch, known: Known): IterableIterator<SummaryRow> {
    const { from, until, direction } = wanted;
    const forward = direction === 'forward';
    if (!forward) yield* this.#unindexed(target, wanted, known);
    const start = forward ? (this.#queries.summaryAt(from)?.first_seq ?? 0) : from;
    for (const hit of this.#hits(target, { from: start, until, direction }, known.indexed)) {
      const row = this.#queries.summaryAt(hit);
      if (row?.first_seq !== hit) throw this.#queries.damaged(`the batch of seq ${hit} is missing`);
      if (!forward || row.first_seq + row.length > from) yield row;
    }
    if (forward) yield* this.#unindexed(target, wanted, known);
  }

  /** First seqs of the batches that touch a target, forward; cheaper than {@link batches}, and like it may name too many. */
  *firstSeqs(target: Target, wanted: Stretch, known: Known): IterableIterator<number> {
    const start = this.#queries.linkAt(wanted.from)?.first_seq ?? 0;
    yield* this.#hits(target, { ...wanted, from: start }, known.indexed);
    for (const row of this.#unindexed(target, wanted, known)) yield row.first_seq;
  }

  *#unindexed(
    target: Target,
    { from, until, direction }: Stretch,
    { indexed, length }: Known,
  ): IterableIterator<SummaryRow> {
    // Asked for nothing behind the index, it does not even look there.
    if (direction === 'forward' ? until !== undefined && until < indexed : from < indexed) return;
    for (const row of scanBatches(this.#queries, from, indexed, length, direction)) {
      if (direction === 'forward' && until !== undefined && row.first_seq > until) return;
      if (target.codes.some((code) => hasCode(row.codes, code))) yield row;
    }
  }

  *#hits({ key, entry }: Target, { from, until, direction }: Stretch, indexed: number): IterableIterator<number> {
    const forward = direction === 'forward';
    const all = this.#groupsBefore(indexed);
    // The groups from the one that holds `from` to the one that holds `until`, on the way.
    const at = lastAtOrBefore(all, from);
    const end = until === undefined ? undefined : lastAtOrBefore(all, until);
    const groups = forward
      ? all.slice(Math.max(at, 0), (end ?? all.length) + 1)
      : all.slice(Math.max(end ?? 0, 0), at + 1).reverse();
    // Forward somebody wants them all, backward mostly the next.
    for (let i = 0, count = forward ? MOST_GROUPS : 1; i < groups.length; i += count, count = MOST_GROUPS) {
      const rows = this.#queries.hits(groups.slice(i, i + count), key);
      for (const { grp, hits } of forward ? rows : rows.reverse()) {
        const found = this.#read(hits, grp, entry);
        for (const hit of forward ? found : found.reverse()) {
          if (forward ? hit < from : hit > from) continue;
          if (forward && until !== undefined && hit > until) return;
          yield hit;
        }
      }
    }
  }

  #read(bytes: Uint8Array, group: number, entry: number | undefined): number[] {
    try {
      return readHits(bytes, group, entry);
    } catch (error) {
      throw this.#queries.damaged(`the touch index at seq ${group} cannot be read`, error);
    }
  }

  #groupsBefore(indexed: number): readonly number[] {
    for (;;) {
      const last = this.#groups.at(-1) ?? -1;
      const next = this.#queries.groupAfter(last);
      if (next === undefined || next >= indexed) return this.#groups;
      if (next <= last) throw this.#queries.damaged(`the touch index is out of order at seq ${last}`);
      this.#groups.push(next);
    }
  }
}

/** Index of the last of some ascending numbers that is not above `value`, −1 if there is none. */
function lastAtOrBefore(numbers: readonly number[], value: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
