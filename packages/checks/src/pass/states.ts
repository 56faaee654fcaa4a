import type { EventBatch, TraceReader } from '@kwind/events';
import { initialState, reduce, reduceAll, type MachineState } from '@kwind/state';
import type { KernelProfile } from '@kwind/x86';

/** States for a pass that only goes forward: the last one asked for, and the one before it. */
export class States {
  readonly #reader: TraceReader;
  #older: MachineState;
  #newer: MachineState;

  constructor(reader: TraceReader, profile: KernelProfile) {
    this.#reader = reader;
    this.#older = initialState(profile);
    this.#newer = this.#older;
  }

  /** The state at a position, at or after the older of the two that were asked for last. */
  at(position: number): MachineState {
    if (this.#newer.position === position) return this.#newer;
    if (this.#older.position === position) return this.#older;
    this.#older = this.#newer;
    this.#newer = this.#fold(this.#newer, position);
    return this.#newer;
  }

  #fold(from: MachineState, to: number): MachineState {
    const first = this.#reader.batchContaining(from.position);
    const offset = from.position - first.firstSeq;
    if (to <= first.firstSeq + first.length) return reduce(from, first, offset, to - first.firstSeq);
    const state = offset === 0 ? from : reduce(from, first, offset);
    const whole = reduceAll(state, this.#wholeBatches(state.position, to));
    if (whole.position === to) return whole;
    const last = this.#reader.batchContaining(whole.position);
    return reduce(whole, last, 0, to - last.firstSeq);
  }

  *#wholeBatches(from: number, to: number): Generator<EventBatch> {
    for (let at = from; at < to;) {
      const batch = this.#reader.batchContaining(at);
      if (batch.firstSeq + batch.length > to) return;
      yield batch;
      at += batch.length;
    }
  }
}
