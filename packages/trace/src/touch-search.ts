import { scanBatches, type Direction } from './batch-scan.ts';
import { hasCode } from './code-set.ts';
import type { Queries, SummaryRow } from './queries.ts';
import { groupOf, slotCodes, slotKey, tableCodes } from './touch.ts';
import { hitHasGroup, readHits, type Hit } from './touch-hits.ts';

/** One thing to look for, as the index knows it. */
export interface Target {
  readonly key: number;
  /** Group of entries, or undefined for any. */
  readonly group: number | undefined;
  /** Codes of the events that can touch it. */
  readonly codes: readonly number[];
}

export const tableTarget = (table: number, index?: number): Target => ({
  key: table,
  group: index === undefined ? undefined : groupOf(index),
  codes: tableCodes,
});
export const slotTarget = (slot: number): Target => ({ key: slotKey(slot), group: undefined, codes: slotCodes });

/** Finds the batches that touch something: by the index, and after its end by their codes. */
export class TouchSearch {
  readonly #queries: Queries;
  /** First seqs of the index's groups, as far as anyone has asked: some hundreds in a hundred million events. */
  readonly #groups: number[] = [];

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** May yield a batch that does not touch the target, never leaves one out that does. */
  *batches(
    target: Target,
    from: number,
    direction: Direction,
    indexed: number,
    length: number,
  ): IterableIterator<SummaryRow> {
    if (direction === 'backward') yield* this.#unindexed(target, from, direction, indexed, length);
    const start = direction === 'forward' ? (this.#queries.summaryAt(from)?.first_seq ?? 0) : from;
    for (const hit of this.#hits(target.key, start, direction, indexed)) {
      if (target.group !== undefined && !hitHasGroup(hit, target.group)) continue;
      const row = this.#queries.summaryAt(hit.firstSeq);
      if (row?.first_seq !== hit.firstSeq) {
        throw this.#queries.damaged(`the batch of seq ${hit.firstSeq} is missing`);
      }
      if (direction === 'backward' || row.first_seq + row.length > from) yield row;
    }
    if (direction === 'forward') yield* this.#unindexed(target, from, direction, indexed, length);
  }

  *#unindexed(
    target: Target,
    from: number,
    direction: Direction,
    indexed: number,
    length: number,
  ): IterableIterator<SummaryRow> {
    for (const row of scanBatches(this.#queries, from, indexed, length, direction)) {
      if (target.codes.some((code) => hasCode(row.codes, code))) yield row;
    }
  }

  *#hits(key: number, from: number, direction: Direction, indexed: number): IterableIterator<Hit> {
    const groups = this.#groupsBefore(indexed);
    const step = direction === 'forward' ? 1 : -1;
    // The last group that starts at or before `from`; going forward, the first one if there is none.
    const at = groups.findLastIndex((group) => group <= from);
    for (let i = step > 0 ? Math.max(at, 0) : at; i >= 0 && i < groups.length; i += step) {
      const bytes = this.#queries.hits(groups[i]!, key);
      if (!bytes) continue;
      const hits = this.#read(bytes, groups[i]!);
      if (step < 0) hits.reverse();
      yield* hits.filter((hit) => (step > 0 ? hit.firstSeq >= from : hit.firstSeq <= from));
    }
  }

  #read(bytes: Uint8Array, group: number): Hit[] {
    try {
      return readHits(bytes, group);
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
