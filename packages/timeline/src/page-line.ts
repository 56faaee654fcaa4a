import { BATCH_SIZE, type BatchRows, type EventBatch, type TraceReader } from '@kwind/events';
import { rawOf, type TableStores } from '@kwind/events/raw';
import {
  groupOf,
  PageReplay,
  pageAfter,
  pageAfterStores,
  rowsOfTable,
  type Page,
  type StoredStates,
} from '@kwind/state';

/** A page that is known to be the same at all positions from `from` to `to`. */
interface Known {
  readonly from: number;
  to: number;
  readonly page: Page | undefined;
}

/** What it costs to bring a page forward alone, in batches folded. */
const ALONE = 3;

interface Group {
  readonly tables: readonly number[];
  readonly stored: { readonly position: number } | undefined;
}

/** From where all events are folded: the cheapest place, with the pages that were stored before it brought there alone. */
function startOfReplay(groups: readonly Group[], position: number): number {
  const sorted = groups.toSorted((a, b) => (a.stored?.position ?? 0) - (b.stored?.position ?? 0));
  let [best, bestCost, alone] = [0, Infinity, 0];
  for (const { stored, tables } of sorted) {
    const at = stored?.position ?? 0;
    const cost = (position - at) / BATCH_SIZE + alone * ALONE;
    if (cost < bestCost) [best, bestCost] = [at, cost];
    alone += tables.length;
  }
  return best;
}

/** Spans kept of one table, and of all: 4 KiB each at most. */
const KEPT_A_TABLE = 4;
const KEPT = 2048;

/**
 * Pages at the edges of batches, one at a time: each from what was stored of it last, and the batches since then that
 * the touch index names.
 */
export class PageLine {
  readonly #reader: TraceReader;
  readonly #stored: StoredStates;
  readonly #known = new Map<number, Known[]>();
  #count = 0;

  constructor(reader: TraceReader, stored: StoredStates) {
    this.#reader = reader;
    this.#stored = stored;
  }

  /**
   * A table's page right before event `position`; undefined where the table is not known yet.
   * @throws ToolError state/mismatch; event/corrupt, trace/damaged, trace/io
   */
  at(table: number, position: number): Page | undefined {
    const known = this.#known.get(table) ?? [];
    const hit = known.find(({ from, to }) => from <= position && position <= to);
    if (hit) return hit.page;
    const start = this.#startOf(table, position, known);
    let { page, from } = start;
    for (const change of this.#changes(table, start.to, position)) {
      const after =
        'words' in change
          ? pageAfterStores(page, table, change, start.to, position)
          : this.#over(change, page, table, start.to, position);
      if (after !== page) from = position;
      page = after;
    }
    if (page === start.page && known.includes(start)) start.to = position;
    else this.#keep(table, { from, to: position, page });
    return page;
  }

  /** Where to begin: a span that is known, what was stored, or nothing at power-on; whichever is the last. */
  #startOf(table: number, position: number, known: readonly Known[]): Known {
    let best: Known = { from: 0, to: 0, page: undefined };
    for (const one of known) if (one.to <= position && one.to > best.to) best = one;
    const stored = this.#stored.pageAtOrBefore(table, position);
    if (!stored || stored.position <= best.to) return best;
    return { from: stored.position, to: stored.position, page: stored.page };
  }

  /**
   * All pages right before event `position`, in one go: stored groups, and over them the events since.
   * @param tables those there are at the position
   */
  all(tables: readonly number[], position: number): ReadonlyMap<number, Page> {
    const groups = [...new Set(tables.map(groupOf))].map((group) => ({
      tables: [] as number[],
      stored: this.#stored.groupAtOrBefore(group, position),
      group,
    }));
    const byGroup = new Map(groups.map((one) => [one.group, one]));
    for (const table of tables) byGroup.get(groupOf(table))!.tables.push(table);
    const start = startOfReplay(groups, position);
    const replay = new PageReplay(start);
    for (const { stored, tables: own } of groups) {
      const at = stored?.position ?? 0;
      if (at >= start) for (const page of stored?.pages ?? []) replay.add(page, at);
      // Stored long ago and hardly stored to since: not worth reading all that lies between.
      else for (const table of own) this.#addAt(replay, table, start);
    }
    for (const { raw, firstSeq } of this.#rows(start, position)) replay.apply(raw, firstSeq, position);
    return replay.pages();
  }

  #addAt(replay: PageReplay, table: number, position: number): void {
    const page = this.at(table, position);
    if (page) replay.add(page, position);
  }

  *#rows(from: number, to: number): Generator<Omit<BatchRows, 'length'>> {
    if (this.#reader.rowsFrom) {
      for (const rows of this.#reader.rowsFrom(from)) {
        if (rows.firstSeq >= to) return;
        yield rows;
      }
      return;
    }
    for (let seq = from; seq < to;) {
      const batch = this.#reader.batchContaining(seq);
      yield { firstSeq: batch.firstSeq, raw: rawOf(batch) };
      seq = batch.firstSeq + batch.length;
    }
  }

  #over(batch: EventBatch, page: Page | undefined, table: number, from: number, to: number): Page | undefined {
    const end = Math.min(batch.length, to - batch.firstSeq);
    const rows = rowsOfTable({ batch, table, from: Math.max(0, from - batch.firstSeq), to: end });
    return rows.length === 0 ? page : pageAfter(page, table, batch, rows);
  }

  #changes(table: number, from: number, to: number): Iterable<TableStores | EventBatch> {
    return this.#reader.storesTo?.(table, from, to) ?? this.#touching(table, from, to);
  }

  *#touching(table: number, from: number, to: number): Generator<EventBatch> {
    if (from >= to) return;
    for (const { firstSeq } of this.#reader.batchesTouching({ table }, from, 'forward', to - 1)) {
      if (firstSeq >= to) return;
      yield this.#reader.batchContaining(firstSeq);
    }
  }

  #keep(table: number, span: Known): void {
    const spans = this.#known.get(table) ?? [];
    this.#known.delete(table);
    this.#known.set(table, spans);
    spans.push(span);
    this.#count++;
    if (spans.length > KEPT_A_TABLE) {
      spans.shift();
      this.#count--;
    }
    for (const [oldest, { length }] of this.#known) {
      if (this.#count <= KEPT || oldest === table) return;
      this.#known.delete(oldest);
      this.#count -= length;
    }
  }
}
