import { ToolError, type KernelProfile, type Position } from '@kwind/x86';
import type { EventBatch, EventView, TraceReader } from '@kwind/events';
import { initialState, StoredStates, type MachineState } from '@kwind/state';
import { ControlLine } from './control-line.ts';
import { DirectoryLine } from './directory.ts';
import { PageLine } from './page-line.ts';
import { find, seek } from './search.ts';
import { batchesOf, wantedCodes } from './sources.ts';
import { SearchStopped, Stopping } from './stopping.ts';
import type { Cursor, Direction, Found, Predicate, Seek, SeekOptions, Source } from './types.ts';
import { Window, type BatchSpan, type Lines } from './window.ts';
import { WindowState, type Glance } from './window-views.ts';

/** The batch one walks about in and the one that was left: enough to step to and fro across an edge. */
const WINDOWS = 2;

/**
 * A trace as a place to travel in. The state at a position is the fold of the events before it, made in parts: the
 * control state at once, from the checkpoint before; a page when somebody looks at it, from what the trace stored of it
 * last and from the batches since that store to it.
 */
export class Timeline {
  readonly reader: TraceReader;
  readonly profile: KernelProfile;
  /** What a search sets for everything that is folded for it. */
  readonly stopping: Stopping = new Stopping();
  readonly #lines: Lines;
  #windows: readonly Window[] = [];
  #lastBatch: EventBatch | undefined;
  readonly #start: MachineState;

  constructor(reader: TraceReader, profile: KernelProfile) {
    this.reader = reader;
    this.profile = profile;
    this.#start = initialState(profile);
    const stored = new StoredStates(reader, profile);
    const control = new ControlLine(reader, stored, profile, this.stopping);
    this.#lines = {
      profile,
      control,
      pages: new PageLine(reader, stored, this.stopping),
      directory: new DirectoryLine(reader, stored, control, this.stopping),
    };
  }

  /** Number of events, and the last position. */
  get length(): Position {
    return this.reader.length as Position;
  }

  /**
   * The cursor at a position.
   * @throws ToolError position/invalid outside 0 to length
   */
  at(position: number): Cursor {
    if (!Number.isInteger(position) || position < 0 || position > this.length) {
      const hint = `Positions run from 0 (power-on) to ${this.length} (the end).`;
      throw new ToolError('position/invalid', `there is no position ${position}.`, hint);
    }
    return this.#cursor(this.stateAt(position));
  }

  /** `count` events on, or back when it is negative; stays within the history. */
  step(from: Cursor, count: number): Cursor {
    const position = Math.min(this.length, Math.max(0, from.position + count));
    return position === from.position ? from : this.#cursor(this.stateAt(position));
  }

  /**
   * The nearest stop in a direction. A hit on event s gives the cursor s + 1 both ways: the state that the event has
   * just made. From p, forward looks at events ≥ p and backward at events ≤ p − 2, so neither sticks to the event
   * under its feet and both visit the same stops.
   */
  seek(from: Cursor, until: Predicate, direction: Direction, options: SeekOptions = {}): Seek {
    return seek(this, from, until, direction, options);
  }

  /** The event that a seek from `position` would hit. Nothing is folded but what the predicate asks for. */
  find(position: number, until: Predicate, direction: Direction, options: SeekOptions = {}): Found {
    return find(this, position, until, direction, options);
  }

  /**
   * Something that looks at states here and there, for whom `shouldStop` is asked wherever a long stretch is folded for it.
   * Undefined when that ended it.
   */
  interruptible<T>(shouldStop: (() => boolean) | undefined, run: () => T): { readonly value: T } | undefined {
    try {
      return { value: this.stopping.during(shouldStop, run) };
    } catch (error) {
      if (error instanceof SearchStopped) return undefined;
      throw error;
    }
  }

  /** The event that made position `seq + 1`. */
  event(seq: number): EventView {
    const batch = this.batchOf(seq);
    return batch.at(seq - batch.firstSeq);
  }

  /** Events `from` to `to − 1` whose codes are of the sources, in order; all without sources. */
  *events(from: number, to: number, sources?: readonly Source[]): Generator<EventView> {
    const wanted = wantedCodes(sources);
    for (const batch of batchesOf(this.reader, sources, from, 'forward')) {
      if (batch.firstSeq >= to) return;
      const end = Math.min(batch.length, to - batch.firstSeq);
      for (let i = Math.max(0, from - batch.firstSeq); i < end; i++)
        if (wanted[batch.codeAt(i)] === 1) yield batch.at(i);
    }
  }

  /** The batch that holds an event; the one asked for last costs nothing. */
  batchOf(seq: number): EventBatch {
    const last = this.#lastBatch;
    if (last && seq >= last.firstSeq && seq < last.firstSeq + last.length) return last;
    this.#lastBatch = this.reader.batchContaining(seq);
    return this.#lastBatch;
  }

  /** Pick up what a recorder wrote since. */
  refresh(): void {
    this.reader.refresh();
  }

  /** The state at a position. Nothing of it is made before somebody looks at it. */
  stateAt(position: number): MachineState {
    if (position === 0) return this.#start;
    const window = this.#windowAt(position);
    return new WindowState(window, position - window.firstSeq);
  }

  /** The machine after the first events of a batch through `glance`, which shows it until it is moved again. */
  glanceIn(batch: EventBatch, offset: number, glance: Glance): MachineState {
    const known = this.#windows.find((window) => isSame(window, batch));
    return glance.moveTo(this.#keep(known ?? new Window(batch, () => batch, this.#lines)), offset);
  }

  #cursor(state: MachineState): Cursor {
    return Object.freeze({ position: state.position, state });
  }

  /** A position at an edge belongs to both batches; the window that is there is taken, else the later batch. */
  #windowAt(position: number): Window {
    const known = this.#windows.find(({ firstSeq, length }) => firstSeq <= position && position <= firstSeq + length);
    if (known && known.firstSeq + known.length < this.length) return this.#keep(known);
    const seq = Math.min(position, this.length - 1);
    const span = this.reader.linkAt?.(seq) ?? this.batchOf(seq);
    // The last batch may have grown since.
    if (known && isSame(known, span)) return this.#keep(known);
    return this.#keep(new Window(span, (isNeeded) => this.#batchAtHand(span, isNeeded), this.#lines));
  }

  #batchAtHand(span: BatchSpan, isNeeded: boolean): EventBatch | undefined {
    const last = this.#lastBatch;
    if (last && isSame(last, span)) return last;
    return isNeeded ? this.batchOf(span.firstSeq) : undefined;
  }

  #keep(window: Window): Window {
    if (this.#windows[0] !== window)
      this.#windows = [window, ...this.#windows.filter((other) => other !== window)].slice(0, WINDOWS);
    return window;
  }
}

/** A batch that grew while it was recorded is another batch. */
const isSame = (a: BatchSpan, b: BatchSpan): boolean => a.firstSeq === b.firstSeq && a.length === b.length;
