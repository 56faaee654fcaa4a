import type { TraceReader } from '@kwind/events';
import { infosAfter, PageRows, type TableInfo } from '@kwind/state';
import type { ControlLine } from './control-line.ts';
import type { StoredStates } from '@kwind/state';
import type { Stopping } from './stopping.ts';

/** Frame, level and name of all page tables at one position, in the order in which they were first seen. */
export type Directory = ReadonlyMap<number, TableInfo>;

const KEPT = 8;

/** Which tables there are, at the edges of batches. */
export class DirectoryLine {
  readonly #reader: TraceReader;
  readonly #stored: StoredStates;
  readonly #control: ControlLine;
  readonly #stopping: Stopping;
  readonly #kept = new Map<number, Directory>();

  constructor(reader: TraceReader, stored: StoredStates, control: ControlLine, stopping: Stopping) {
    this.#reader = reader;
    this.#stored = stored;
    this.#control = control;
    this.#stopping = stopping;
  }

  /** Right before event `position`. */
  at(position: number): Directory {
    const known = this.#kept.get(position);
    if (known) return known;
    const { from, start } = this.#nearest(position);
    const directory = new Map(start);
    for (let at = from; at < position;) {
      this.#stopping.poll();
      const batch = this.#reader.batchContaining(at);
      addTables(directory, new PageRows(batch, at - batch.firstSeq), position - batch.firstSeq);
      at = batch.firstSeq + batch.length;
    }
    this.#kept.set(position, directory);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return directory;
  }

  /** Whether a table was listed at the last checkpoint: without making the list. */
  wasListed(table: number, position: number): boolean {
    return this.#stored.isListed(table, position);
  }

  #nearest(position: number): { readonly from: number; readonly start: Iterable<[number, TableInfo]> } {
    let from = 0;
    for (const at of this.#kept.keys()) if (at <= position && at > from) from = at;
    const checkpoint = this.#control.checkpoint(position);
    if (!checkpoint || checkpoint.state.position <= from) return { from, start: this.#kept.get(from) ?? [] };
    const start = this.#stored.infos(checkpoint).map((info): [number, TableInfo] => [info.table, info]);
    return { from: checkpoint.state.position, start };
  }
}

/** Add what the events of a batch before `offset` say. */
export function addTables(directory: Map<number, TableInfo>, rows: PageRows, offset: number): void {
  for (const [table, info] of infosAfter(rows, offset)) {
    if (info) directory.set(table, info);
    else if (!directory.has(table)) directory.set(table, Object.freeze({ table, level: '', name: '' }));
  }
}
