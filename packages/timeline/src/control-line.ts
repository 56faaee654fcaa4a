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
import type { Stopping } from './stopping.ts';

/** States kept; they share all but a few small objects. */
const KEPT = 256;
/** Events that are folded rather than a checkpoint read, and before an edge within which the edges on the way are kept. */
const NEAR = 4 * BATCH_SIZE;

/** All of the machine but its pages, at the edges of batches mostly: from the checkpoint before, by control events alone. */
export class ControlLine {
  readonly #reader: TraceReader;
  readonly #stored: StoredStates;
  readonly #stopping: Stopping;
  readonly #start: MachineState;
  readonly #kept = new Map<number, MachineState>();
  #checkpoint: StoredControl | undefined;

  constructor(reader: TraceReader, stored: StoredStates, profile: KernelProfile, stopping: Stopping) {
    this.#reader = reader;
    this.#stored = stored;
    this.#stopping = stopping;
    this.#start = initialState(profile);
  }

  /** The state right before event `position`. Its pages say nothing. */
  at(position: number): MachineState {
    const known = this.#kept.get(position);
    if (known) return known;
    const nearest = this.#nearest(position);
    if (nearest.position === position) return nearest;
    let machine = new MachineWriter(nearest);
    for (const { firstSeq, length, raw } of this.#rows(nearest.position)) {
      this.#stopping.poll();
      const end = Math.min(length, position - firstSeq);
      applyControlRows(machine, raw, firstSeq, Math.max(0, machine.position - firstSeq), end);
      if (machine.position < position - NEAR) continue;
      const state = this.#keep(machine.finish());
      if (state.position === position) return state;
      machine = new MachineWriter(state);
    }
    return machine.finish();
  }

  /** The rows from the batch that holds event `from` on; from a store straight, for they are needed only once. */
  *#rows(from: number): Generator<BatchRows> {
    if (this.#reader.rowsFrom) return yield* this.#reader.rowsFrom(from, true);
    for (let seq = from; seq < this.#reader.length;) {
      const batch = this.#reader.batchContaining(seq);
      yield { firstSeq: batch.firstSeq, length: batch.length, raw: rawOf(batch) };
      seq = batch.firstSeq + batch.length;
    }
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

  #keep(state: MachineState): MachineState {
    this.#kept.set(state.position, state);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return state;
  }
}

/** A state after events `from` to `to` of a batch, its pages apart. */
export function controlAfter(state: MachineState, batch: EventBatch, from: number, to: number): MachineState {
  const machine = new MachineWriter(state);
  applyControlRows(machine, rawOf(batch), batch.firstSeq, from, to);
  return machine.finish();
}
