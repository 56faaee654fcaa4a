import { PageStore, type MachineState, type Page, type PageOrigin, type TableInfo, type Tally } from '@kwind/state';
import type { Pte } from '@kwind/x86';
import type { Directory } from './directory.ts';
import type { Window } from './window.ts';

/** A place in a window's batch, and what is there besides pages: each part is made when somebody looks at it. */
class Place {
  #window!: Window;
  #offset = 0;
  #control: MachineState['control'] | undefined;
  #tally: Tally | undefined;

  protected get window(): Window {
    return this.#window;
  }
  protected get offset(): number {
    return this.#offset;
  }

  protected goTo(window: Window, offset: number): void {
    this.#window = window;
    this.#offset = offset;
    this.#control = undefined;
    this.#tally = undefined;
  }

  get control(): MachineState['control'] {
    return (this.#control ??= this.#window.controlAt(this.#offset));
  }
  get counters(): MachineState['counters'] {
    return this.#counted.counters;
  }
  get calls(): MachineState['calls'] {
    return this.#counted.calls;
  }
  get #counted(): Tally {
    return (this.#tally ??= this.#window.tallyAt(this.#offset));
  }
}

/**
 * The machine at a place that is looked at for a moment and left: one object for a whole search, where a state for each
 * event would cost more than the question. Whoever is handed it must not keep it.
 */
export class Glance extends Place implements MachineState, PageOrigin {
  readonly profile: MachineState['profile'];
  readonly pages: PageStore = PageStore.lazy(this);

  constructor(profile: MachineState['profile']) {
    super();
    this.profile = profile;
  }

  moveTo(window: Window, offset: number): this {
    this.goTo(window, offset);
    return this;
  }

  get position(): MachineState['position'] {
    return (this.window.firstSeq + this.offset) as MachineState['position'];
  }

  tables(): readonly number[] {
    return [...this.window.tables(this.offset).keys()];
  }
  has(table: number): boolean {
    return this.page(table) !== undefined || this.window.isLost(table);
  }
  info(table: number): TableInfo | undefined {
    return this.window.tables(this.offset).get(table);
  }
  page(table: number): Page | undefined {
    return this.window.page(table, this.offset);
  }
}

/** The machine after some events of a window's batch. */
export class WindowState extends Place implements MachineState {
  readonly profile: MachineState['profile'];
  readonly position: MachineState['position'];
  readonly pages: PageStore;

  constructor(window: Window, offset: number) {
    super();
    this.goTo(window, offset);
    this.profile = window.profile;
    this.position = (window.firstSeq + offset) as MachineState['position'];
    this.pages = PageStore.lazy(new WindowPages(window, offset));
    Object.freeze(this);
  }
}

/** The pages after some events of a window's batch. */
class WindowPages implements PageOrigin {
  readonly #window: Window;
  readonly #offset: number;
  readonly #seen = new Map<number, Page | undefined>();
  readonly #walked = new Map<number, TableInfo>();
  #directory: Directory | undefined;

  constructor(window: Window, offset: number) {
    this.#window = window;
    this.#offset = offset;
  }

  tables(): readonly number[] {
    return [...this.#tables().keys()];
  }
  has(table: number): boolean {
    if (this.page(table) !== undefined) return true;
    return this.#directory?.has(table) ?? this.#window.isLost(table);
  }
  info(table: number): TableInfo | undefined {
    // A walk has just looked at the page; the list of all tables may not have been needed yet.
    if (this.#seen.has(table)) return this.#seen.get(table)?.info;
    return this.#walked.get(table) ?? this.#tables().get(table);
  }
  page(table: number): Page | undefined {
    if (!this.#seen.has(table)) this.#seen.set(table, this.#window.page(table, this.#offset));
    return this.#seen.get(table);
  }
  /** The first look at a table is mostly the only one. */
  entry(table: number, index: number): Pte | undefined {
    if (this.#seen.has(table) || this.#walked.has(table)) return undefined;
    const found = this.#window.entry(table, index, this.#offset);
    if (found) this.#walked.set(table, found.info);
    return found?.value;
  }

  #tables(): Directory {
    return (this.#directory ??= this.#window.tables(this.#offset));
  }
}
