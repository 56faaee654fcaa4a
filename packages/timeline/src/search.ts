import type { EventBatch, EventView, TraceReader } from '@kwind/events';
import { STORE_WORDS, type TableStores } from '@kwind/events/raw';
import type { KernelProfile, Seq } from '@kwind/x86';
import { rowsOfTable, storeAt, type MachineState } from '@kwind/state';
import { batchesOf, wantedCodes } from './sources.ts';
import { SearchStopped, type Stopping } from './stopping.ts';
import type { Cursor, Direction, Found, Moment, Predicate, Seek, SeekOptions } from './types.ts';
import { Glance } from './window-views.ts';

/** The part of a timeline that a search needs. */
interface Searched {
  readonly reader: TraceReader;
  readonly length: number;
  at(position: number): Cursor;
  stateAt(position: number): MachineState;
  readonly profile: KernelProfile;
  readonly stopping: Stopping;
  glanceIn(batch: EventBatch, offset: number, glance: Glance): MachineState;
}

/** Tests between two questions whether to stop: with a state each, about a millisecond of work. */
const TESTS_A_POLL = 64;

/** One event under examination. Of its states only what is asked for is made. */
class Candidate implements Moment {
  readonly seq: Seq;
  readonly #batch: EventBatch;
  readonly #states: States;
  #event: EventView | undefined;

  constructor(batch: EventBatch, index: number, states: States) {
    this.seq = (batch.firstSeq + index) as Seq;
    this.#batch = batch;
    this.#states = states;
  }

  get code(): number {
    return this.#batch.codeAt(this.seq - this.#batch.firstSeq);
  }
  get event(): EventView {
    this.#event ??= this.#batch.at(this.seq - this.#batch.firstSeq);
    return this.#event;
  }
  get before(): MachineState {
    return this.#states.before(this.#batch, this.seq - this.#batch.firstSeq);
  }
  get after(): MachineState {
    return this.#states.after(this.#batch, this.seq - this.#batch.firstSeq);
  }
}

/** The machine on both sides of the event under examination, through two glances that move with it. */
class States {
  readonly #timeline: Searched;
  readonly #before: Glance;
  readonly #after: Glance;
  /** Whether a predicate has asked for a state yet. */
  isUsed = false;

  constructor(timeline: Searched) {
    this.#timeline = timeline;
    this.#before = new Glance(timeline.profile);
    this.#after = new Glance(timeline.profile);
  }

  before(batch: EventBatch, index: number): MachineState {
    this.isUsed = true;
    return this.#timeline.glanceIn(batch, index, this.#before);
  }
  after(batch: EventBatch, index: number): MachineState {
    this.isUsed = true;
    return this.#timeline.glanceIn(batch, index + 1, this.#after);
  }
}

/** Timeline.find: the event that a seek would hit, without making the state there. */
export function find(
  timeline: Searched,
  position: number,
  until: Predicate,
  direction: Direction,
  options: SeekOptions,
): Found {
  try {
    const seq = timeline.stopping.during(options.shouldStop, () => scan(timeline, position, until, direction, options));
    return seq === undefined ? { kind: 'edge' } : { kind: 'hit', seq: seq as Seq };
  } catch (error) {
    if (error instanceof SearchStopped) return { kind: 'interrupted' };
    throw error;
  }
}

/** Timeline.seek. */
export function seek(
  timeline: Searched,
  from: Cursor,
  until: Predicate,
  direction: Direction,
  options: SeekOptions,
): Seek {
  const found = find(timeline, from.position, until, direction, options);
  switch (found.kind) {
    case 'hit':
      return { kind: 'hit', cursor: timeline.at(found.seq + 1), seq: found.seq };
    case 'edge':
      return { kind: 'edge', cursor: timeline.at(edgeOf(timeline, from.position, direction, options.limit)) };
    case 'interrupted':
      return { kind: 'interrupted', cursor: from };
  }
}

function edgeOf(timeline: Searched, position: number, direction: Direction, limit: number | undefined): number {
  if (limit === undefined) return direction === 'forward' ? timeline.length : 0;
  return direction === 'forward' ? Math.max(position, limit + 1) : Math.min(position, limit);
}

/** Batches that cannot hold a hit are never unpacked, events of other types never looked at. */
function scan(
  timeline: Searched,
  position: number,
  until: Predicate,
  direction: Direction,
  options: SeekOptions,
): number | undefined {
  const forward = direction === 'forward';
  const start = forward ? position : position - 2;
  const last = options.limit ?? (forward ? timeline.length - 1 : 0);
  if (forward ? start > last : start < last) return undefined;
  if (!forward && until.storesTo && timeline.reader.storesTo) return lastStore(timeline, until.storesTo, start, last);
  const scanner = new Scanner(timeline, until);
  for (const batch of batchesOf(timeline.reader, until.sources, start, direction)) {
    const { firstSeq, length } = batch;
    if (forward ? firstSeq > last : firstSeq + length <= last) return undefined;
    const low = Math.max(0, (forward ? start : last) - firstSeq);
    const high = Math.min(length - 1, (forward ? last : start) - firstSeq);
    const hit = forward ? scanner.first(batch, low, high) : scanner.last(batch, low, high);
    if (hit !== undefined) return firstSeq + hit;
  }
  return undefined;
}

/** The last store to an entry from event `start` back to `last`: by the stores to its table alone, where they tell all. */
function lastStore(
  timeline: Searched,
  { table, index }: NonNullable<Predicate['storesTo']>,
  start: number,
  last: number,
): number | undefined {
  const { reader, stopping } = timeline;
  for (const { firstSeq, length } of reader.batchesTouching({ table, index }, start, 'backward')) {
    stopping.poll();
    if (firstSeq + length <= last) return undefined;
    const [low, high] = [Math.max(firstSeq, last), Math.min(firstSeq + length - 1, start)];
    for (const stores of reader.storesTo!(table, firstSeq, firstSeq + length)) {
      const changes = changesOf(stores, table, index);
      const hit = lastHit(
        changes,
        [low - firstSeq, high - firstSeq],
        (row) => timeline.stateAt(firstSeq + row).pages.entry(table, index) !== 0n,
      );
      if (hit !== undefined) return firstSeq + hit;
    }
  }
  return undefined;
}

/** What an event does to one entry: stores to it, or empties it by making a table of its page. */
interface Change {
  readonly row: number;
  readonly isStore: boolean;
  /** Whether the entry holds something afterwards. */
  readonly leavesSomething: boolean;
}

/** What a batch does to one entry, in order; by the stores to its table, or the whole batch where those do not tell. */
function changesOf(stores: TableStores | EventBatch, table: number, index: number): readonly Change[] {
  const changes: Change[] = [];
  if (!('words' in stores)) {
    for (const row of rowsOfTable({ batch: stores, table, from: 0, to: stores.length })) {
      const store = storeAt(stores, row);
      if (store === undefined) changes.push({ row, isStore: false, leavesSomething: false });
      else if (store.index === index) changes.push({ row, isStore: true, leavesSomething: store.leavesSomething });
    }
    return changes;
  }
  const { words, made } = stores;
  for (let at = 0; at < words.length; at += STORE_WORDS) {
    if (words[at + 1] !== index) continue;
    changes.push({ row: words[at]!, isStore: true, leavesSomething: (words[at + 4]! | words[at + 5]!) !== 0 });
  }
  if (made.length === 0) return changes;
  for (const one of made) changes.push({ row: one.index, isStore: false, leavesSomething: false });
  return changes.sort((a, b) => a.row - b.row);
}

/**
 * The last of them from row `low` to `high` that stores to the entry, or empties it while it holds something. Mostly the
 * batch itself tells whether it does; only where it does not, `heldBefore` is asked, which looks at the machine.
 */
function lastHit(
  changes: readonly Change[],
  [low, high]: readonly [number, number],
  heldBefore: (row: number) => boolean,
): number | undefined {
  for (let i = changes.findLastIndex(({ row }) => row <= high); i >= 0 && changes[i]!.row >= low; i--) {
    const { row, isStore } = changes[i]!;
    if (isStore || (i > 0 ? changes[i - 1]!.leavesSomething : heldBefore(row))) return row;
  }
  return undefined;
}

/** Looks for a hit in one batch after the other. */
class Scanner {
  readonly #wanted: Uint8Array;
  readonly #test: Predicate['test'];
  readonly #states: States;
  readonly #stopping: Stopping;
  #tests = 0;

  constructor(timeline: Searched, until: Predicate) {
    this.#wanted = wantedCodes(until.sources);
    this.#test = (moment) => until.test(moment);
    this.#states = new States(timeline);
    this.#stopping = timeline.stopping;
  }

  first(batch: EventBatch, low: number, high: number): number | undefined {
    this.#stopping.poll();
    for (let i = low; i <= high; i++) if (this.#isHit(batch, i)) return i;
    return undefined;
  }

  last(batch: EventBatch, low: number, high: number): number | undefined {
    this.#stopping.poll();
    let i = high;
    for (; i >= low && !this.#states.isUsed; i--) if (this.#isHit(batch, i)) return i;
    // States are folded forward, so one that looks at them is asked about the rest in that order; its last hit counts.
    let hit: number | undefined;
    for (let at = low; at <= i; at++) if (this.#isHit(batch, at)) hit = at;
    return hit;
  }

  #isHit(batch: EventBatch, i: number): boolean {
    if (this.#wanted[batch.codeAt(i)] !== 1) return false;
    if (++this.#tests % TESTS_A_POLL === 0) this.#stopping.poll();
    return this.#test(new Candidate(batch, i, this.#states));
  }
}
