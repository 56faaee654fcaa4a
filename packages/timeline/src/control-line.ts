import type { KernelProfile } from '@kwind/x86';
import { BATCH_SIZE, type BatchRows, type EventBatch, type TraceReader } from '@kwind/events';
import { rawOf } from '@kwind/events/raw';
import {
  applyControlRows,
  initialState,
  MachineWriter,
  type MachineState,
  type StoredControl,
  type StoredStates,
} from '@kwind/state';
import { SearchStopped, type ShouldStop } from './stopping.ts';

/** States kept; they share all but a few small objects. */
const KEPT = 256;
/** Events that are folded rather than a checkpoint read, and before an edge within which the edges on the way are kept. */
const NEAR = 4 * BATCH_SIZE;

/** All of the machine but its pages, at the edges of batches: from the checkpoint before, by control events alone. */
export class ControlLine {
  readonly #reader: TraceReader;
  readonly #stored: StoredStates;
  readonly #start: MachineState;
  readonly #kept = new Map<number, MachineState>();
  #checkpoint: StoredControl | undefined;

  constructor(reader: TraceReader, stored: StoredStates, profile: KernelProfile) {
    this.#reader = reader;
    this.#stored = stored;
    this.#start = initialState(profile);
  }

  /** The state right before event `position`. Its pages say nothing. */
  at(position: number, shouldStop?: ShouldStop): MachineState {
    let state = this.#foldFar(this.#nearest(position), position - NEAR, shouldStop);
    while (state.position < position) {
      if (shouldStop?.() === true) throw new SearchStopped();
      const batch = this.#reader.batchContaining(state.position);
      const end = Math.min(batch.length, position - batch.firstSeq);
      state = controlAfter(state, batch, state.position - batch.firstSeq, end);
      this.#keep(state);
    }
    return state;
  }

  /** The last checkpoint at or before a position. */
  checkpoint(position: number): StoredControl | undefined {
    const last = this.#checkpoint;
    if (last && last.state.position <= position && position - last.state.position < NEAR) return last;
    return (this.#checkpoint = this.#stored.controlAtOrBefore(position));
  }

  #nearest(position: number): MachineState {
    let kept = this.#start;
    for (const [at, state] of this.#kept) if (at <= position && at > kept.position) kept = state;
    if (position - kept.position <= NEAR && kept.position > 0) return kept;
    const stored = this.checkpoint(position);
    return stored && stored.state.position > kept.position ? stored.state : kept;
  }

  /** The way to a far edge in one go, straight from the store's rows. */
  #foldFar(from: MachineState, end: number, shouldStop: ShouldStop): MachineState {
    const { rowsFrom } = this.#reader;
    if (from.position >= end || rowsFrom === undefined) return from;
    const machine = new MachineWriter(from);
    // A checkpoint may stand inside a batch; the store's rows are of whole ones.
    const rows: Iterable<BatchRows> = rowsFrom.call(this.#reader, from.position);
    for (const { firstSeq, length, raw } of rows) {
      if (shouldStop?.() === true) throw new SearchStopped();
      if (firstSeq + length > end) break;
      applyControlRows(machine, raw, firstSeq, Math.max(0, machine.position - firstSeq), length);
    }
    const state = machine.finish();
    this.#keep(state);
    return state;
  }

  #keep(state: MachineState): void {
    this.#kept.set(state.position, state);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
  }
}

/** A state after events `from` to `to` of a batch, its pages apart. */
export function controlAfter(state: MachineState, batch: EventBatch, from: number, to: number): MachineState {
  const machine = new MachineWriter(state);
  applyControlRows(machine, rawOf(batch), batch.firstSeq, from, to);
  return machine.finish();
}
