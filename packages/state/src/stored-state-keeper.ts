import type { CheckpointPart } from '@kwind/events';
import type { ControlState } from './control.ts';
import type { MachineState, MachineView } from './machine.ts';
import {
  infosOf,
  isWhole,
  ownInfosOf,
  PageWriter,
  takeRunsOf,
  wordsOf,
  type PageStore,
  type RunTally,
  type TableInfo,
} from './page-store.ts';
import { REDUCER_VERSION } from './reduce.ts';
import {
  chunkPart,
  encodePages,
  encodeSlice,
  encodeSmallState,
  encodeTables,
  groupOf,
  groupPart,
  pagePart,
  slicePart,
  slices,
  TABLES_A_CHUNK,
  type StoredState,
} from './stored-state.ts';

/** Batches between two checkpoints at least: what a `goto` folds, of control events alone. */
const BATCHES_A_CHECKPOINT = 4;
/** Bytes of log for each byte of a checkpoint's text at least, so that texts, packed, stay a small part of the file. */
const LOG_A_SMALL_BYTE = 1;
/**
 * A group of pages is stored again once the log of the stores to it has grown by this many times the group's size. So
 * pages take at most 1 / PAGES_FACTOR of the log, and no page is far from the stores made to it since.
 */
const PAGES_FACTOR = 4;
/** What a part costs besides its bytes, in bytes. */
const PART_OVERHEAD = 64;
/** Runs of stores to one page after which it may be stored by itself, if it has so many times the group's average. */
const RUNS_A_PAGE = 16;
const HOT = 4;

interface Group {
  readonly key: number;
  /** Places of its pages among the machine's own. */
  readonly members: number[];
  bytes: number;
}

/** A machine whose control state is settled: one that is open for writing, or a finished state. */
export interface OpenMachine extends Omit<MachineView, 'pages'> {
  readonly pages: PageWriter | PageStore;
}

/**
 * Decides what of a machine is stored beside its events, and when. Whatever it leaves out can be folded from the
 * events, so all here is about cost, nothing about truth.
 */
export class StateKeeper {
  readonly #last: (ControlState[(typeof slices)[number]] | undefined)[];
  readonly #stored: boolean[] = slices.map(() => false);
  #infos: readonly TableInfo[] = [];
  readonly #tally: RunTally = { runs: new Uint32Array(64), total: 0 };
  readonly #groups = new Map<number, Group>();
  /** Pages that have a group. */
  #grouped = 0;
  #logBytes = 0;
  #batches = 0;
  #smallBytes = 0;

  /** @param start the machine before the first event that is recorded */
  constructor(start: Pick<MachineView, 'position' | 'control'>) {
    this.#last = slices.map((name) => (start.position === 0 ? start.control[name] : undefined));
  }

  /** Count a batch that was stored; `pages` are those right after it. */
  count(pages: OpenMachine['pages']): void {
    this.#batches++;
    if (pages instanceof PageWriter) takeRunsOf(pages, this.#tally);
  }

  /** @param logBytes what the batches since the last checkpoint took */
  isDue(logBytes: number): boolean {
    return this.#batches >= BATCHES_A_CHECKPOINT && logBytes >= LOG_A_SMALL_BYTE * this.#smallBytes;
  }

  /** What to store now. The parts are made while they are iterated, which must be before the machine goes on. */
  take(machine: OpenMachine, logBytes: number): StoredState {
    this.#batches = 0;
    this.#logBytes += logBytes;
    const infos = infosOf(machine.pages);
    const changed = slices.map((name, i) => machine.control[name] !== this.#last[i]);
    for (const [i, isChanged] of changed.entries()) this.#stored[i] ||= isChanged;
    const bytes = encodeSmallState({ ...smallOf(machine), stored: this.#stored, tables: infos.length });
    this.#smallBytes = bytes.length;
    const checkpoint = { position: machine.position, reducer: REDUCER_VERSION, bytes };
    return { checkpoint, parts: this.#parts(machine, changed, infos) };
  }

  *#parts(machine: OpenMachine, changed: readonly boolean[], infos: readonly TableInfo[]): Generator<CheckpointPart> {
    for (const [i, name] of slices.entries()) {
      if (!changed[i]!) continue;
      this.#last[i] = machine.control[name];
      yield { part: slicePart(i), bytes: encodeSlice(machine.control[name]) };
    }
    yield* this.#tables(infos);
    yield* this.#pages(machine.pages);
  }

  *#tables(infos: readonly TableInfo[]): Generator<CheckpointPart> {
    for (let from = 0; from < infos.length; from += TABLES_A_CHUNK) {
      const to = Math.min(from + TABLES_A_CHUNK, infos.length);
      let i = from;
      while (i < to && infos[i] === this.#infos[i]) i++;
      if (i < to) yield { part: chunkPart(from / TABLES_A_CHUNK), bytes: encodeTables(infos, from, to) };
    }
    this.#infos = infos.slice();
  }

  *#pages(pages: OpenMachine['pages']): Generator<CheckpointPart> {
    // A machine that was not folded from power-on holds only the pages it wrote to: no group of them would be whole.
    if (!isWhole(pages)) return;
    const infos = ownInfosOf(pages);
    for (; this.#grouped < infos.length; this.#grouped++) this.#join(infos[this.#grouped]!.table, this.#grouped);
    const imageOf = (info: TableInfo): Uint32Array => wordsOf(pages, info.table)!;
    const { runs, total } = this.#tally;
    const bytesARun = this.#logBytes / Math.max(1, total);
    for (const group of this.#groups.values()) {
      let all = 0;
      for (const place of group.members) all += runs[place] ?? 0;
      if (all === 0) continue;
      if (all * bytesARun >= PAGES_FACTOR * (group.bytes + PART_OVERHEAD)) {
        const bytes = encodePages(
          group.members.map((place) => infos[place]!),
          imageOf,
        );
        for (const place of group.members) runs[place] = 0;
        group.bytes = bytes.length;
        yield { part: groupPart(group.key), bytes, dense: true };
        continue;
      }
      const rough = group.bytes / group.members.length;
      for (const place of group.members) {
        const own = runs[place] ?? 0;
        // A fixmap's, say, among neighbours that lie still.
        if (own < RUNS_A_PAGE || own * group.members.length < HOT * all) continue;
        if (own * bytesARun < PAGES_FACTOR * (rough + PART_OVERHEAD)) continue;
        runs[place] = 0;
        const bytes = encodePages([infos[place]!], imageOf);
        yield { part: pagePart(infos[place]!.table), bytes, dense: true };
      }
    }
  }

  #join(table: number, place: number): void {
    const key = groupOf(table);
    const group = this.#groups.get(key);
    if (group) group.members.push(place);
    else this.#groups.set(key, { key, members: [place], bytes: 0 });
  }
}

const smallOf = ({ position, control, counters, calls }: OpenMachine) => ({ position, control, counters, calls });

/** All of a state, whatever was stored before. */
export function storedState(state: MachineState): StoredState {
  const infos = infosOf(state.pages);
  const bytes = encodeSmallState({ ...smallOf(state), stored: slices.map(() => true), tables: infos.length });
  return { checkpoint: { position: state.position, reducer: REDUCER_VERSION, bytes }, parts: allParts(state, infos) };
}

function* allParts(state: MachineState, infos: readonly TableInfo[]): Generator<CheckpointPart> {
  for (const [i, name] of slices.entries()) yield { part: slicePart(i), bytes: encodeSlice(state.control[name]) };
  for (let from = 0; from < infos.length; from += TABLES_A_CHUNK) {
    const to = Math.min(from + TABLES_A_CHUNK, infos.length);
    yield { part: chunkPart(from / TABLES_A_CHUNK), bytes: encodeTables(infos, from, to) };
  }
  for (const [key, members] of Map.groupBy(infos, (info) => groupOf(info.table)))
    yield {
      part: groupPart(key),
      bytes: encodePages(members, (info) => wordsOf(state.pages, info.table)!),
      dense: true,
    };
}
