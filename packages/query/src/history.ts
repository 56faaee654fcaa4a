import { codeOfType, isEntryCode, type EventType, type EventView } from '@kwind/events';
import { walk } from '@kwind/state';
import { Timeline } from '@kwind/timeline';
import { profile, vaddr } from '@kwind/x86';
import type { SqliteTraceReader } from '@kwind/trace';

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

  /** Stores to entries that translate an address at some time. */
  *storesFor(address: bigint): Generator<EventView> {
    const keys = this.#entriesOnWalks(address);
    for (const event of this.timeline.events(0, this.length)) {
      if (!isEntryCode(codeOfType(event.type))) continue;
      const { table, index } = event as unknown as { table: number; index: number };
      if (keys.has(keyOf(table, index))) yield event;
    }
  }

  /** Entries that a walk of the address meets at any position. */
  #entriesOnWalks(address: bigint): ReadonlySet<string> {
    const all = new Set<string>();
    const look = (position: number): ReadonlySet<string> => {
      const found = walk(this.timeline.stateAt(position), vaddr(address));
      const keys = found.kind === 'non-canonical' ? [] : found.steps.map(({ table, index }) => keyOf(table, index));
      for (const key of keys) all.add(key);
      return new Set(keys);
    };
    let onWalk = look(0);
    for (const event of this.timeline.events(0, this.length)) {
      const isStore = isEntryCode(codeOfType(event.type));
      if (!isStore && event.type !== 'cr3.loaded') continue;
      const { table, index } = event as unknown as { table: number; index: number };
      if (!isStore || onWalk.has(keyOf(table, index))) onWalk = look(event.seq + 1);
    }
    return all;
  }
}

const keyOf = (table: number, index: number): string => `${table}/${index}`;
