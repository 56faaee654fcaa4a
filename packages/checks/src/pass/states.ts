import type { BatchRows, TraceReader } from '@kwind/events';
import { rawOf } from '@kwind/events/raw';
import { applyRows, initialState, MachineWriter, type MachineState, type MachineView } from '@kwind/state';
import type { KernelProfile } from '@kwind/x86';

/** Batches through which a machine is taken along after somebody asked for a state: a fold costs less than reading again. */
const TAKEN_ALONG = 16;

/** States for a pass that only goes forward: the last one asked for, and the one before it. */
export class States {
  readonly #reader: TraceReader;
  #older: MachineState;
  #newer: MachineState;
  /** A machine that has gone on from the newer one, as far as the batches that were left. */
  #machine: MachineWriter | undefined;
  #rows: BatchRows | undefined;
  #unasked = Infinity;

  constructor(reader: TraceReader, profile: KernelProfile) {
    this.#reader = reader;
    this.#older = initialState(profile);
    this.#newer = this.#older;
  }

  /** The pass has come to this batch. */
  enter(rows: BatchRows): void {
    this.#rows = rows;
  }

  /** The batch's rows are about to go. */
  leave(): void {
    if (++this.#unasked > TAKEN_ALONG) return;
    this.#machine ??= new MachineWriter(this.#newer);
    const { firstSeq, length, raw } = this.#rows!;
    const from = this.#machine.position - firstSeq;
    if (from >= 0) applyRows(this.#machine, raw, firstSeq, from, length);
  }

  /** The state at a position in the batch, at or after the older of the two that were asked for last. */
  at(position: number): MachineState {
    this.#unasked = 0;
    if (this.#newer.position === position) return this.#newer;
    if (this.#older.position === position) return this.#older;
    this.#older = this.#newer;
    this.#newer = this.#fold(position);
    return this.#newer;
  }

  /** The same to look at until the pass goes on: nothing is kept of it, and so nothing copied. */
  viewAt(position: number): MachineView {
    this.#unasked = 0;
    if (this.#newer.position === position) return this.#newer;
    if (this.#older.position === position) return this.#older;
    return (this.#machine = this.#forward(position));
  }

  #fold(to: number): MachineState {
    const machine = this.#forward(to);
    this.#machine = undefined;
    return machine.finish();
  }

  #forward(to: number): MachineWriter {
    const { firstSeq, raw } = this.#rows!;
    const machine = this.#machine ?? new MachineWriter(this.#newer);
    while (machine.position < firstSeq) {
      const batch = this.#reader.batchContaining(machine.position);
      applyRows(machine, rawOf(batch), batch.firstSeq, machine.position - batch.firstSeq, batch.length);
    }
    applyRows(machine, raw, firstSeq, machine.position - firstSeq, to - firstSeq);
    return machine;
  }
}
