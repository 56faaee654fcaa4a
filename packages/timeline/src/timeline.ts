import { ToolError, type KernelProfile, type Position } from '@kwind/x86';
import { BATCH_SIZE, type BatchRows, type EventBatch, type EventView, type TraceReader } from '@kwind/events';
import { initialState, loadState, reduce, reduceRows, REDUCER_VERSION, type MachineState } from '@kwind/state';
import { Ladder, RUN } from './ladder.ts';
import { find, seek, SearchStopped, type ShouldStop } from './search.ts';
import { batchesOf, wantedCodes } from './sources.ts';
import { StateCache } from './state-cache.ts';
import type { Cursor, Direction, Found, Predicate, Seek, SeekOptions, Source } from './types.ts';

const MIB = 1024 * 1024;
const BOUNDARIES = { states: 256, bytes: 32 * MIB };
const RECENT = { states: 64, bytes: 16 * MIB };
/** The batch one walks about in and the one that was left: enough to step to and fro across an edge. */
const LADDERS = 2;
/** Events before an edge within which the edges on the way are kept. */
const NEAR = 8 * BATCH_SIZE;

/**
 * A trace as a place to travel in. The state at a position is the fold of the events before it, begun at the nearest
 * state that is already known: a recent one, one inside the current batch, one at the edge of a batch, a checkpoint
 * of the trace, or power-on.
 */
export class Timeline {
  readonly reader: TraceReader;
  readonly profile: KernelProfile;
  readonly #boundaries = new StateCache(BOUNDARIES);
  readonly #recent = new StateCache(RECENT);
  #ladders: readonly Ladder[] = [];
  #lastBatch: EventBatch | undefined;
  readonly #start: MachineState;

  constructor(reader: TraceReader, profile: KernelProfile) {
    this.reader = reader;
    this.profile = profile;
    this.#start = initialState(profile);
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
    return position === from.position ? from : this.#cursor(this.stateAt(position, from.state));
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

  /** The state at a position, folded on from `near` when that is a few events before it. */
  stateAt(position: number, near?: MachineState, shouldStop?: ShouldStop): MachineState {
    const known = this.#recent.get(position);
    if (known) return known;
    const state = this.#make(position, near, shouldStop);
    this.#recent.put(state);
    return state;
  }

  #cursor(state: MachineState): Cursor {
    return Object.freeze({ position: state.position, state });
  }

  #make(position: number, near: MachineState | undefined, shouldStop: ShouldStop): MachineState {
    if (position === 0) return this.#start;
    const batch = this.batchOf(position - 1);
    const offset = position - batch.firstSeq;
    if (near && near.position >= batch.firstSeq && near.position <= position && position - near.position <= RUN) {
      return reduce(near, batch, near.position - batch.firstSeq, offset);
    }
    return this.#ladder(batch, shouldStop).at(offset);
  }

  #ladder(batch: EventBatch, shouldStop: ShouldStop): Ladder {
    const [newest] = this.#ladders;
    if (newest && isSame(newest.batch, batch)) return newest;
    const known = this.#ladders.find((ladder) => isSame(ladder.batch, batch));
    const ladder = known ?? new Ladder(batch, this.#boundary(batch.firstSeq, shouldStop));
    this.#ladders = [ladder, ...this.#ladders.filter((other) => other !== ladder)].slice(0, LADDERS);
    return ladder;
  }

  /** The state at the edge of a batch. Edges passed on the way are kept: who goes back needs them next. */
  #boundary(position: number, shouldStop: ShouldStop): MachineState {
    let state = this.#foldFar(this.#nearest(position), position - NEAR, shouldStop);
    while (state.position < position) {
      if (shouldStop?.() === true) throw new SearchStopped();
      const batch = this.reader.batchContaining(state.position);
      const parent = state;
      state = reduce(
        parent,
        batch,
        parent.position - batch.firstSeq,
        Math.min(batch.length, position - batch.firstSeq),
      );
      this.#boundaries.put(state, parent);
    }
    return state;
  }

  /** The way to a far edge in one go, straight from the store's rows: making a state at each edge would cost more than the fold. */
  #foldFar(from: MachineState, end: number, shouldStop: ShouldStop): MachineState {
    const { reader } = this;
    if (from.position >= end || reader.rowsFrom === undefined) return from;
    const rows = function* (): Generator<BatchRows> {
      for (const batch of reader.rowsFrom!(from.position)) {
        if (shouldStop?.() === true) throw new SearchStopped();
        if (batch.firstSeq + batch.length > end) return;
        yield batch;
      }
    };
    const state = reduceRows(from, rows());
    this.#boundaries.put(state);
    return state;
  }

  #nearest(position: number): MachineState {
    const kept = this.#boundaries.atOrBefore(position);
    if (kept?.position === position) return kept;
    const checkpoint = this.reader.checkpointAtOrBefore(position, REDUCER_VERSION);
    if (!checkpoint || checkpoint.position <= (kept?.position ?? 0)) return kept ?? this.#start;
    const state = loadState(checkpoint, (part) => this.reader.checkpointPart(checkpoint, part), this.profile);
    this.#boundaries.put(state);
    return state;
  }
}

/** A batch that grew while it was recorded is another batch. */
const isSame = (a: EventBatch, b: EventBatch): boolean => a.firstSeq === b.firstSeq && a.length === b.length;
