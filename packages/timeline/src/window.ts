import type { KernelProfile } from '@kwind/x86';
import { isEntryCode, type EventBatch } from '@kwind/events';
import { rawOf } from '@kwind/events/raw';
import {
  PageRows,
  pageAfter,
  rowsBefore,
  rowsChanging,
  rowsOfTable,
  type MachineState,
  type Page,
  type TableInfo,
  type Tally,
  type TallyWriter,
} from '@kwind/state';
import type { ControlLine } from './control-line.ts';
import { addTables, type Directory, type DirectoryLine } from './directory.ts';
import type { Entry, PageLine } from './page-line.ts';

/** Changes of the control state between two rungs. 64 keeps a batch's rungs and one run's steps each under a millisecond to make. */
const RUN = 64;
type Control = MachineState['control'];
/** Versions of pages that are kept, 4 KiB each. */
const VERSIONS = 512;
/** Tables whose events are looked for one by one. */
const LOOKS = 12;
/** Looks at entries and pages that are answered without unpacking the batch; at the control state it is one. */
const GLIMPSES = 8;
/** Pages that are brought to the batch one by one before all are. */
const ONE_BY_ONE = 24;

/** Which events a batch holds. */
export type BatchSpan = Pick<EventBatch, 'firstSeq' | 'length'>;

/** Where a window gets what lies before its batch. */
export interface Lines {
  readonly profile: KernelProfile;
  readonly control: ControlLine;
  readonly pages: PageLine;
  readonly directory: DirectoryLine;
}

/**
 * The batch one walks about in. A state here costs nothing but its control part, and that only where a control event
 * made it another; a page is brought forward when somebody looks at it, and is the same object at all positions
 * between two stores to it. Nothing is ever undone: going back is a look-up.
 */
export class Window {
  readonly firstSeq: number;
  readonly length: number;
  readonly profile: KernelProfile;
  readonly #lines: Lines;
  readonly #load: (isNeeded: boolean) => EventBatch | undefined;
  #batch: EventBatch | undefined;
  /** Looks at what is inside the batch while it was not unpacked: at pages, at the control state, and at the tally. */
  #glimpses = 0;
  #controlGlimpses = 0;
  #tallyGlimpses = 0;
  /** The control state after every {@link RUN} changes; the first is that before the batch. */
  readonly #rungs: Control[] = [];
  /** Indices of the events that change it. */
  #controls: Uint16Array | undefined;
  #steps: readonly Control[] = [];
  #runOfSteps = -1;
  #lastRun = -1;
  #tally: { at: number; readonly writer: TallyWriter } | undefined;
  #rows: PageRows | undefined;
  readonly #rowsByTable = new Map<number, Uint16Array>();
  readonly #bases = new Map<number, Page | undefined>();
  #hasAll = false;
  /** Whether the trace lists tables whose pages were asked for in vain: a search asks at one event after the other. */
  readonly #lost = new Map<number, boolean>();
  readonly #versions = new Map<number, Map<number, Page>>();
  #versionCount = 0;
  #directory: Directory | undefined;
  /** Indices of the events after which there is another list of tables. */
  #turns: Uint16Array | undefined;
  #lastTurn: { readonly turn: number; readonly directory: Directory } | undefined;

  /** @param load gives the batch; where it is not needed, only if it is at hand */
  constructor({ firstSeq, length }: BatchSpan, load: (isNeeded: boolean) => EventBatch | undefined, lines: Lines) {
    this.firstSeq = firstSeq;
    this.length = length;
    this.profile = lines.profile;
    this.#load = load;
    this.#lines = lines;
  }

  get batch(): EventBatch {
    return (this.#batch ??= this.#load(true)!);
  }

  /** Whether the batch is unpacked. It is once somebody looks around in it, not for one look at a place. */
  get #isOpen(): boolean {
    return (this.#batch ??= this.#load(false)) !== undefined;
  }

  #isGlimpse(): boolean {
    return !this.#isOpen && this.#glimpses++ < GLIMPSES;
  }

  /** One entry without its page, for who does no more than walk through. */
  entry(table: number, index: number, offset: number): Entry | undefined {
    return this.#isGlimpse() ? this.#lines.pages.entryAt(table, index, this.firstSeq + offset) : undefined;
  }

  page(table: number, offset: number): Page | undefined {
    if (offset === 0) return this.#base(table);
    if (this.#isGlimpse()) return this.#lines.pages.at(table, this.firstSeq + offset);
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

  /** Whether the trace lists a table whose page it does not have: then something of it is lost. */
  isLost(table: number): boolean {
    let isLost = this.#lost.get(table);
    if (isLost === undefined) this.#lost.set(table, (isLost = this.#lines.directory.wasListed(table, this.firstSeq)));
    return isLost;
  }

  tables(offset: number): Directory {
    this.#directory ??= this.#lines.directory.at(this.firstSeq);
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
      else this.#bases.set(table, this.#lines.pages.at(table, this.firstSeq));
    }
    return this.#bases.get(table);
  }

  /** Somebody looks at all pages: a report, a comparison, a hash. */
  #loadAll(): void {
    this.#directory ??= this.#lines.directory.at(this.firstSeq);
    const pages = this.#lines.pages.all([...this.#directory.keys()], this.firstSeq);
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

  /** The control state after so many events. */
  controlAt(offset: number): Control {
    if (offset === 0) return this.#rung(0);
    if (!this.#isOpen && this.#controlGlimpses++ === 0) return this.#lines.control.controlAt(this.firstSeq + offset);
    const controls = (this.#controls ??= rowsChanging(this.#rung(0), rawOf(this.batch), 0, this.length));
    const count = rowsBefore(controls, offset);
    const run = Math.min(Math.floor(count / RUN), Math.max(0, Math.ceil(controls.length / RUN) - 1));
    if (run === this.#runOfSteps) return this.#steps[count - run * RUN]!;
    const rung = this.#rung(run);
    if (count === run * RUN) return rung;
    // A second look into the same run is somebody walking about in it.
    if (run === this.#lastRun) return this.#makeSteps(run, rung)[count - run * RUN]!;
    this.#lastRun = run;
    return this.#after(rung, run * RUN, count);
  }

  #rung(run: number): Control {
    if (this.#rungs.length === 0) this.#rungs.push(this.#lines.control.controlAt(this.firstSeq));
    for (let next = this.#rungs.length; next <= run; next++)
      this.#rungs.push(this.#after(this.#rungs[next - 1]!, (next - 1) * RUN, next * RUN));
    return this.#rungs[run]!;
  }

  #makeSteps(run: number, rung: Control): readonly Control[] {
    const steps = [rung];
    const end = Math.min((run + 1) * RUN, this.#controls!.length);
    for (let i = run * RUN; i < end; i++) steps.push(this.#after(steps.at(-1)!, i, i + 1));
    this.#steps = steps;
    this.#runOfSteps = run;
    return steps;
  }

  /** After the changes `from` to `to − 1`. */
  #after(control: Control, from: number, to: number): Control {
    const { firstSeq } = this;
    return this.#lines.control.after(control, { raw: rawOf(this.batch), firstSeq }, this.#controls!.subarray(from, to));
  }

  /** Counters and open calls after so many events. */
  tallyAt(offset: number): Tally {
    const { control } = this.#lines;
    if (offset === 0 || (!this.#isOpen && this.#tallyGlimpses++ === 0)) return control.tallyAt(this.firstSeq + offset);
    // Counting through a batch takes microseconds; a search asks at one event after the other.
    if (!this.#tally || this.#tally.at > offset) this.#tally = { at: 0, writer: control.tallyWriter(this.firstSeq) };
    this.#tally.writer.apply({ raw: rawOf(this.batch), firstSeq: this.firstSeq }, this.#tally.at, offset);
    this.#tally.at = offset;
    return this.#tally.writer.take();
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
