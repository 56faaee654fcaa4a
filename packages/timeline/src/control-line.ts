import type { KernelProfile } from '@kwind/x86';
import { BATCH_SIZE, type BatchRows, type TraceReader } from '@kwind/events';
import { rawOf } from '@kwind/events/raw';
import {
  codesChanging,
  controlAfter,
  hasTranslations,
  initialState,
  rowsChanging,
  TallyWriter,
  type MachineState,
  type StoredControl,
  type StoredStates,
  type Tally,
} from '@kwind/state';
import type { Stopping } from './stopping.ts';

/** Events that are folded rather than a checkpoint read, and before an edge within which the edges on the way are kept. */
const NEAR = 4 * BATCH_SIZE;

type Control = MachineState['control'];

/**
 * All of the machine but its pages, at the edges of batches mostly, from the checkpoint before. Its two parts are folded
 * apart: the control state from the few batches that can change it, the tally from all of them.
 */
export class ControlLine {
  readonly #reader: TraceReader;
  readonly #stored: StoredStates;
  readonly #stopping: Stopping;
  readonly #start: MachineState;
  readonly #controls = new Kept<Control>();
  readonly #tallies = new Kept<Tally>();
  #checkpoint: StoredControl | undefined;

  constructor(reader: TraceReader, stored: StoredStates, profile: KernelProfile, stopping: Stopping) {
    this.#reader = reader;
    this.#stored = stored;
    this.#stopping = stopping;
    this.#start = initialState(profile);
  }

  /** The control state right before event `position`. */
  controlAt(position: number): Control {
    const known = this.#nearest(this.#controls, position, (state) => state.control);
    let { at } = known;
    let control = known.value;
    while (at < position) {
      const hadTranslations = hasTranslations(control);
      const from = at;
      at = position;
      for (const { firstSeq, length } of this.#reader.batchesWith(codesChanging(control), from, 'forward', position)) {
        if (firstSeq >= position) break;
        this.#stopping.poll();
        const end = Math.min(position, firstSeq + length);
        control = this.#controlAfter(control, Math.max(from, firstSeq), end);
        if (end > position - NEAR) this.#controls.put(end, control);
        // Then events of other types can change it as well, or no longer can.
        if (hasTranslations(control) === hadTranslations) continue;
        at = end;
        break;
      }
    }
    this.#controls.put(position, control);
    return control;
  }

  /** Counters and open calls right before event `position`. */
  tallyAt(position: number): Tally {
    const { at, value } = this.#nearest(this.#tallies, position, (state) => state);
    if (at === position) return value;
    const tally = new TallyWriter({ ...this.#start, ...value });
    for (const { firstSeq, length, raw } of this.#rows(at)) {
      this.#stopping.poll();
      const end = Math.min(position, firstSeq + length);
      tally.apply({ raw, firstSeq }, Math.max(at, firstSeq) - firstSeq, end - firstSeq);
      tally.keep();
      if (end === position) break;
    }
    const here = tally.take();
    this.#tallies.put(position, here);
    return here;
  }

  /** A control state after events of a batch. */
  after(control: Control, { raw, firstSeq }: Omit<BatchRows, 'length'>, rows: Uint16Array): Control {
    return controlAfter({ ...this.#start, control }, { raw, firstSeq }, rows);
  }

  /** A machine of which only the tally before event `position` counts. */
  tallyWriter(position: number): TallyWriter {
    return new TallyWriter({ ...this.#start, ...this.tallyAt(position) });
  }

  /** The last checkpoint at or before a position. */
  checkpoint(position: number): StoredControl | undefined {
    const last = this.#checkpoint;
    if (last && last.state.position <= position && position - last.state.position < NEAR) return last;
    return (this.#checkpoint = this.#stored.controlAtOrBefore(position));
  }

  #controlAfter(control: Control, from: number, to: number): Control {
    for (const { raw, firstSeq } of this.#rows(from))
      return this.after(control, { raw, firstSeq }, rowsChanging(control, raw, from - firstSeq, to - firstSeq));
    return control;
  }

  /** The rows from the batch that holds event `from` on; from a store straight, for they are needed only once. */
  *#rows(from: number): Generator<BatchRows> {
    if (this.#reader.rowsFrom) return yield* this.#reader.rowsFrom(from, { stores: true, calls: true });
    for (let seq = from; seq < this.#reader.length;) {
      const batch = this.#reader.batchContaining(seq);
      yield { firstSeq: batch.firstSeq, length: batch.length, raw: rawOf(batch) };
      seq = batch.firstSeq + batch.length;
    }
  }

  /** The last place from which a part can be brought to `position`: one that is kept, a checkpoint, or power-on. */
  #nearest<T>(kept: Kept<T>, position: number, partOf: (state: MachineState) => T): Place<T> {
    const last = kept.last(position);
    if (last && position - last.at <= NEAR) return last;
    const state = this.checkpoint(position)?.state;
    if (state && state.position > (last?.at ?? 0)) return { at: state.position, value: partOf(state) };
    return last ?? { at: 0, value: partOf(this.#start) };
  }
}

interface Place<T> {
  readonly at: number;
  readonly value: T;
}

/** Places kept; what is there shares all but a few small objects. */
const KEPT = 256;

/** A part of the machine at some positions. */
class Kept<T> {
  readonly #values = new Map<number, T>();

  /** At the last of them that is not behind `position`. */
  last(position: number): Place<T> | undefined {
    if (this.#values.has(position)) return { at: position, value: this.#values.get(position)! };
    let best: Place<T> | undefined;
    for (const [at, value] of this.#values) if (at <= position && at >= (best?.at ?? 0)) best = { at, value };
    return best;
  }

  put(at: number, value: T): void {
    this.#values.set(at, value);
    if (this.#values.size > KEPT) this.#values.delete(this.#values.keys().next().value!);
  }
}
