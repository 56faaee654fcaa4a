import type { Pte } from '@kwind/x86';
import { BATCH_SIZE, type BatchRows, type EventBatch, type TraceReader } from '@kwind/events';
import { rawOf, type TableStores } from '@kwind/events/raw';
import {
  entryAfterStores,
  entryOf,
  groupOf,
  infoAfterStores,
  PageReplay,
  pageAfter,
  pageAfterStores,
  rowsOfTable,
  type Page,
  type StoredStates,
  type TableInfo,
} from '@kwind/state';
import type { Stopping } from './stopping.ts';
import { stopsBetween, Wholes } from './wholes.ts';

/** A page that is known to be the same at all positions from `from` to `to`. */
interface Known {
  readonly from: number;
  to: number;
  readonly page: Page | undefined;
}

/** An entry, and what is known of its page. */
export interface Entry {
  readonly value: Pte;
  readonly info: TableInfo;
}

/** What it costs to bring a page forward alone, in batches folded. */
const ALONE = 3;

interface Group {
  readonly tables: readonly number[];
  readonly stored: { readonly position: number } | undefined;
}

/** From where all events are folded: the cheapest place, with the pages that were stored before it brought there alone. */
function startOfReplay(groups: readonly Group[], position: number): { readonly at: number; readonly cost: number } {
  const sorted = groups.toSorted((a, b) => (a.stored?.position ?? 0) - (b.stored?.position ?? 0));
  let [best, bestCost, alone] = [0, Infinity, 0];
  for (const { stored, tables } of sorted) {
    const at = stored?.position ?? 0;
    const cost = (position - at) / BATCH_SIZE + alone * ALONE;
    if (cost < bestCost) [best, bestCost] = [at, cost];
    alone += tables.length;
  }
  return { at: best, cost: bestCost };
}

/** Stored groups that are read in the time in which a batch is folded. */
const GROUPS_A_BATCH = 8;
/** Spans kept of one table, and of all: 4 KiB each at most. */
const KEPT_A_TABLE = 4;
const KEPT = 2048;

/**
 * Pages, one at a time: each from what was stored of it last, and the batches since then that
 * the touch index names.
 */
export class PageLine {
  readonly #reader: TraceReader;
  readonly #stored: StoredStates;
  readonly #stopping: Stopping;
  readonly #known = new Map<number, Known[]>();
  #count = 0;
  readonly #wholes = new Wholes();

  constructor(reader: TraceReader, stored: StoredStates, stopping: Stopping) {
    this.#reader = reader;
    this.#stored = stored;
    this.#stopping = stopping;
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
      this.#stopping.poll();
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

  /**
   * One entry right before event `position`, by the stores to it alone; undefined where the whole page must be asked.
   * @throws ToolError as {@link at}, of what is stored to this entry
   */
  entryAt(table: number, index: number, position: number): Entry | undefined {
    const known = this.#known.get(table) ?? [];
    const hit = known.find(({ from, to }) => from <= position && position <= to);
    const start = hit ?? this.#startOf(table, position, known);
    if (!start.page) return undefined;
    let { info } = start.page;
    let value = entryOf(start.page, index);
    if (hit) return { value, info };
    if (!known.includes(start)) this.#keep(table, start);
    for (const change of this.#changes(table, start.to, position, index)) {
      this.#stopping.poll();
      if (!('words' in change)) return undefined;
      value = entryAfterStores(value, { table, index }, change, start.to, position) as Pte;
      // What makes a table of the page counts as a store to all entries, so it is among the changes.
      info = infoAfterStores(info, change, start.to, position);
    }
    return { value, info };
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
    const replay = this.#begun(tables, position);
    const stops = stopsBetween(replay.levelFrom, position);
    let left = 0;
    for (const { raw, firstSeq, length } of this.#rows(replay.start, position)) {
      this.#stopping.poll();
      for (; left < stops.length && stops[left]! < firstSeq + length; left++)
        if (!this.#wholes.stop(replay, firstSeq)) left = stops.length;
      replay.apply(raw, firstSeq, position);
    }
    return this.#wholes.put(replay, position);
  }

  /** The pages from which the events since are the fewest. */
  #begun(tables: readonly number[], position: number): PageReplay {
    const whole = this.#wholes.before(position);
    const keys = new Set(tables.map(groupOf));
    const wayFromWhole = whole ? (position - whole.position) / BATCH_SIZE : Infinity;
    if (whole && wayFromWhole * GROUPS_A_BATCH <= keys.size) return this.#wholes.replayFrom(whole);
    const groups = [...keys].map((group) => ({
      tables: [] as number[],
      stored: this.#stored.groupAtOrBefore(group, position),
      group,
    }));
    const byGroup = new Map(groups.map((one) => [one.group, one]));
    for (const table of tables) byGroup.get(groupOf(table))!.tables.push(table);
    const { at: start, cost } = startOfReplay(groups, position);
    if (whole && wayFromWhole <= cost) return this.#wholes.replayFrom(whole);
    const replay = new PageReplay(start);
    // From power-on the events say it all.
    if (start === 0) return replay;
    for (const { stored, tables: own } of groups) {
      const at = stored?.position ?? 0;
      if (at >= start) for (const page of stored?.pages ?? []) replay.add(page, at, true);
      // Stored long ago and hardly stored to since: not worth reading all that lies between.
      else for (const table of own) this.#addAt(replay, table, start);
    }
    return replay;
  }

  #addAt(replay: PageReplay, table: number, position: number): void {
    const page = this.at(table, position);
    if (page) replay.add(page, position);
  }

  *#rows(from: number, to: number): Generator<BatchRows> {
    if (this.#reader.rowsFrom) {
      for (const rows of this.#reader.rowsFrom(from, { calls: true })) {
        if (rows.firstSeq >= to) return;
        yield rows;
      }
      return;
    }
    for (let seq = from; seq < to;) {
      const batch = this.#reader.batchContaining(seq);
      yield { firstSeq: batch.firstSeq, length: batch.length, raw: rawOf(batch) };
      seq = batch.firstSeq + batch.length;
    }
  }

  #over(batch: EventBatch, page: Page | undefined, table: number, from: number, to: number): Page | undefined {
    const end = Math.min(batch.length, to - batch.firstSeq);
    const rows = rowsOfTable({ batch, table, from: Math.max(0, from - batch.firstSeq), to: end });
    return rows.length === 0 ? page : pageAfter(page, table, batch, rows);
  }

  #changes(table: number, from: number, to: number, index?: number): Iterable<TableStores | EventBatch> {
    return this.#reader.storesTo?.(table, from, to, index) ?? this.#touching(table, from, to);
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
