import { catalog, codeOfType, isEntryCode, type EventType, type EventView } from '@kwind/events';
import { walk } from '@kwind/state';
import { Timeline } from '@kwind/timeline';
import { profile, vaddr } from '@kwind/x86';
import type { SqliteTraceReader } from '@kwind/trace';
import type { Wanted } from './narrow.ts';

/** A trace with what the tables ask of it. */
export class History {
  readonly reader: SqliteTraceReader;
  readonly timeline: Timeline;

  constructor(reader: SqliteTraceReader) {
    this.reader = reader;
    this.timeline = new Timeline(reader, profile(reader.header.profile, reader.header.options));
  }

  get length(): number {
    return this.reader.length;
  }

  /** Events of some types in order. Batches without any are not unpacked. */
  *events(...types: readonly EventType[]): Generator<EventView> {
    yield* this.timeline.events(0, this.length, types.length === 0 ? undefined : [{ codes: types.map(codeOfType) }]);
  }

  /** Events of some codes that a query wants. */
  *wanted({ from, to, codes, table, index }: Wanted, of?: readonly number[]): Generator<EventView> {
    const both = codes && of ? of.filter((code) => codes.includes(code)) : (codes ?? of);
    if (both?.length === 0) return;
    const touch = table === undefined ? {} : { touch: { table, ...(index === undefined ? {} : { index }) } };
    const sources = both && [{ codes: both, ...touch }];
    yield* this.timeline.events(from, Math.min(to, this.length), sources);
  }

  /** Stores to entries that translate an address at some time, in order. */
  *storesFor(address: bigint): Generator<EventView> {
    const keys = this.#entriesOnWalks(address);
    const sources = [...keys.values()].map((touch) => ({ codes: entryCodes, touch }));
    if (sources.length === 0) return;
    for (const event of this.timeline.events(0, this.length, sources)) {
      const { table, index } = event as unknown as { table: number; index: number };
      if (keys.has(keyOf(table, index))) yield event;
    }
  }

  /**
   * Entries that a walk of the address meets at any position: begun with the walk at power-on, followed from one store
   * on the walk to the next, and only in batches that hold such stores.
   */
  #entriesOnWalks(address: bigint): ReadonlyMap<string, { table: number; index: number }> {
    const all = new Map<string, { table: number; index: number }>();
    for (let position = 0; position >= 0;) {
      const found = walk(this.timeline.stateAt(position), vaddr(address));
      if (found.kind === 'non-canonical') break;
      const steps = found.steps.map(({ table, index }) => ({ table, index }));
      for (const step of steps) all.set(keyOf(step.table, step.index), step);
      position = this.#nextChange(position, steps);
    }
    return all;
  }

  /** Position after the next store to one of these entries, or load of cr3; −1 when there is none. */
  #nextChange(position: number, steps: readonly { table: number; index: number }[]): number {
    const keys = new Set(steps.map(({ table, index }) => keyOf(table, index)));
    const sources = [{ codes: [CR3_LOADED] }, ...steps.map((touch) => ({ codes: entryCodes, touch }))];
    for (const event of this.timeline.events(position, this.length, sources)) {
      if (event.type === 'cr3.loaded') return event.seq + 1;
      const { table, index } = event as unknown as { table: number; index: number };
      if (keys.has(keyOf(table, index))) return event.seq + 1;
    }
    return -1;
  }
}

const entryCodes = catalog.map(({ code }) => code).filter(isEntryCode);
const CR3_LOADED = codeOfType('cr3.loaded');
const keyOf = (table: number, index: number): string => `${table}/${index}`;
