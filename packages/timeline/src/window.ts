import { isEntryCode, type EventBatch } from '@kwind/events';
import {
  PageRows,
  pageAfter,
  PageStore,
  rowsBefore,
  rowsOfTable,
  type MachineState,
  type Page,
  type PageOrigin,
} from '@kwind/state';
import type { TableInfo } from '@kwind/state';
import { controlAfter } from './control-line.ts';
import { addTables, type Directory, type DirectoryLine } from './directory.ts';
import type { PageLine } from './page-line.ts';

/** Control events between two rungs. 64 keeps a batch's rungs and one run's steps each under a millisecond to make. */
const RUN = 64;
/** Versions of pages that are kept, 4 KiB each. */
const VERSIONS = 512;
/** Tables whose events are looked for one by one. */
const LOOKS = 12;
/** Pages that are brought to the batch one by one before all are. */
const ONE_BY_ONE = 24;

/** Where a window gets what lies before its batch. */
export interface Lines {
  readonly pages: PageLine;
  readonly directory: DirectoryLine;
}

/**
 * The batch one walks about in. A state here costs nothing but its control part, and that only where a control event
 * made it another; a page is brought forward when somebody looks at it, and is the same object at all positions
 * between two stores to it. Nothing is ever undone: going back is a look-up.
 */
export class Window {
  readonly batch: EventBatch;
  readonly #lines: Lines;
  /** The machine after every {@link RUN} control events; the first is that before the batch. */
  readonly #rungs: MachineState[];
  /** Indices of the control events. */
  readonly #controls: Uint16Array;
  #steps: readonly MachineState[] = [];
  #runOfSteps = -1;
  #lastRun = -1;
  #rows: PageRows | undefined;
  readonly #rowsByTable = new Map<number, Uint16Array>();
  readonly #bases = new Map<number, Page | undefined>();
  #hasAll = false;
  readonly #versions = new Map<number, Map<number, Page>>();
  #versionCount = 0;
  #directory: Directory | undefined;
  /** Indices of the events after which there is another list of tables. */
  #turns: Uint16Array | undefined;
  #lastTurn: { readonly turn: number; readonly directory: Directory } | undefined;

  /** @param start the machine right before the batch's first event; its pages are not looked at */
  constructor(batch: EventBatch, start: MachineState, lines: Lines) {
    this.batch = batch;
    this.#lines = lines;
    this.#rungs = [start];
    this.#controls = controlsOf(batch);
  }

  /** The machine after the first `offset` events of the batch, 0 to its length. */
  at(offset: number): MachineState {
    const { profile, control, counters, calls } = this.controlAt(offset);
    const position = (this.batch.firstSeq + offset) as MachineState['position'];
    const pages = PageStore.lazy(new WindowPages(this, offset));
    return Object.freeze({ profile, position, control, counters, calls, pages });
  }

  page(table: number, offset: number): Page | undefined {
    const rows = this.#rowsOf(table);
    const version = rowsBefore(rows, offset);
    if (version === 0) return this.#base(table);
    const versions = this.#versions.get(table);
    const known = versions?.get(version);
    if (known) return known;
    let [from, page] = [0, undefined as Page | undefined];
    const previous = versions?.get(version - 1);
    if (previous) [from, page] = [version - 1, previous];
    else for (const [at, one] of versions ?? []) if (at < version && at > from) [from, page] = [at, one];
    page = pageAfter(from === 0 ? this.#base(table) : page, table, this.batch, rows.subarray(from, version));
    this.#keep(table, version, page);
    return page;
  }

  /** A look through the batch for one table is a tenth of sorting its events by all of them. */
  #rowsOf(table: number): Uint16Array {
    const rows = this.#rows?.of(table) ?? this.#rowsByTable.get(table);
    if (rows) return rows;
    if (this.#rowsByTable.size >= LOOKS) return (this.#rows = new PageRows(this.batch)).of(table);
    const { batch } = this;
    const found = Uint16Array.from(rowsOfTable({ batch, table, from: 0, to: batch.length }));
    this.#rowsByTable.set(table, found);
    return found;
  }

  tables(offset: number): Directory {
    this.#directory ??= this.#lines.directory.at(this.batch.firstSeq);
    if (offset === 0) return this.#directory;
    this.#rows ??= new PageRows(this.batch);
    this.#turns ??= turnsOf(this.#rows, this.#directory);
    // Between two events that make or name a table the list is the same.
    const turn = rowsBefore(this.#turns, offset);
    if (turn === 0) return this.#directory;
    if (this.#lastTurn?.turn === turn) return this.#lastTurn.directory;
    const directory = new Map<number, TableInfo>(this.#directory);
    addTables(directory, this.#rows, offset);
    this.#lastTurn = { turn, directory };
    return directory;
  }

  #base(table: number): Page | undefined {
    if (!this.#bases.has(table) && !this.#hasAll) {
      if (this.#bases.size >= ONE_BY_ONE) this.#loadAll();
      else this.#bases.set(table, this.#lines.pages.at(table, this.batch.firstSeq));
    }
    return this.#bases.get(table);
  }

  /** Somebody looks at all pages: a report, a comparison, a hash. */
  #loadAll(): void {
    this.#directory ??= this.#lines.directory.at(this.batch.firstSeq);
    const pages = this.#lines.pages.all([...this.#directory.keys()], this.batch.firstSeq);
    // Those handed out already stay the same objects.
    for (const [table, page] of pages) if (!this.#bases.has(table)) this.#bases.set(table, page);
    this.#hasAll = true;
  }

  #keep(table: number, version: number, page: Page): void {
    if (this.#versionCount++ === VERSIONS) {
      this.#versions.clear();
      this.#versionCount = 1;
    }
    const versions = this.#versions.get(table);
    if (versions) versions.set(version, page);
    else this.#versions.set(table, new Map([[version, page]]));
  }

  /** The machine after so many events, its position and its pages apart. */
  controlAt(offset: number): MachineState {
    const count = rowsBefore(this.#controls, offset);
    const run = Math.min(Math.floor(count / RUN), Math.max(0, Math.ceil(this.#controls.length / RUN) - 1));
    if (run === this.#runOfSteps) return this.#steps[count - run * RUN]!;
    const rung = this.#rung(run);
    if (count === run * RUN) return rung;
    // A second look into the same run is somebody walking about in it.
    if (run === this.#lastRun) return this.#makeSteps(run, rung)[count - run * RUN]!;
    this.#lastRun = run;
    return this.#after(rung, run * RUN, count);
  }

  #rung(run: number): MachineState {
    for (let next = this.#rungs.length; next <= run; next++)
      this.#rungs.push(this.#after(this.#rungs[next - 1]!, (next - 1) * RUN, next * RUN));
    return this.#rungs[run]!;
  }

  #makeSteps(run: number, rung: MachineState): readonly MachineState[] {
    const steps = [rung];
    const end = Math.min((run + 1) * RUN, this.#controls.length);
    for (let i = run * RUN; i < end; i++) steps.push(this.#after(steps.at(-1)!, i, i + 1));
    this.#steps = steps;
    this.#runOfSteps = run;
    return steps;
  }

  /** After control events `from` to `to − 1`. */
  #after(state: MachineState, from: number, to: number): MachineState {
    return controlAfter(state, this.batch, this.#controls[from]!, this.#controls[to - 1]! + 1);
  }
}

function turnsOf(rows: PageRows, known: Directory): Uint16Array {
  const turns: number[] = [];
  for (const table of rows.tables()) {
    const own = rows.of(table);
    if (!known.has(table)) turns.push(own[0]!);
    for (const i of own) if (!isEntryCode(rows.batch.codeAt(i))) turns.push(i);
  }
  return Uint16Array.from(new Set(turns)).sort();
}

function controlsOf(batch: EventBatch): Uint16Array {
  const found = new Uint16Array(batch.length);
  let count = 0;
  for (let i = 0; i < batch.length; i++) if (!PageRows.isPageCode(batch.codeAt(i))) found[count++] = i;
  return found.slice(0, count);
}

/**
 * The machine at a place that is looked at for a moment and left: one object for a whole search, where a state for each
 * event would cost more than the question. Whoever is handed it must not keep it.
 */
export class Glance implements MachineState, PageOrigin {
  readonly profile: MachineState['profile'];
  readonly pages: PageStore = PageStore.lazy(this);
  #window!: Window;
  #offset = 0;
  #control: MachineState | undefined;

  constructor(profile: MachineState['profile']) {
    this.profile = profile;
  }

  moveTo(window: Window, offset: number): this {
    this.#window = window;
    this.#offset = offset;
    this.#control = undefined;
    return this;
  }

  get position(): MachineState['position'] {
    return (this.#window.batch.firstSeq + this.#offset) as MachineState['position'];
  }
  get control(): MachineState['control'] {
    return this.#here.control;
  }
  get counters(): MachineState['counters'] {
    return this.#here.counters;
  }
  get calls(): MachineState['calls'] {
    return this.#here.calls;
  }
  get #here(): MachineState {
    return (this.#control ??= this.#window.controlAt(this.#offset));
  }

  tables(): readonly number[] {
    return [...this.#window.tables(this.#offset).keys()];
  }
  has(table: number): boolean {
    return this.#window.tables(this.#offset).has(table);
  }
  info(table: number): TableInfo | undefined {
    return this.#window.tables(this.#offset).get(table);
  }
  page(table: number): Page | undefined {
    return this.#window.page(table, this.#offset);
  }
}

/** The pages after some events of a window's batch. */
class WindowPages implements PageOrigin {
  readonly #window: Window;
  readonly #offset: number;
  readonly #seen = new Map<number, Page | undefined>();
  #directory: Directory | undefined;

  constructor(window: Window, offset: number) {
    this.#window = window;
    this.#offset = offset;
  }

  tables(): readonly number[] {
    return [...this.#tables().keys()];
  }
  has(table: number): boolean {
    return this.#tables().has(table);
  }
  info(table: number): TableInfo | undefined {
    // A walk has just looked at the page; the list of all tables may not have been needed yet.
    return this.#seen.has(table) ? this.#seen.get(table)?.info : this.#tables().get(table);
  }
  page(table: number): Page | undefined {
    if (!this.#seen.has(table)) this.#seen.set(table, this.#window.page(table, this.#offset));
    return this.#seen.get(table);
  }

  #tables(): Directory {
    return (this.#directory ??= this.#window.tables(this.#offset));
  }
}
