import type { EventBatch } from '@kwind/events';
import { reduce, type MachineState } from '@kwind/state';

/** Events between two rungs. 64 keeps a batch's rungs and one run's steps each under a millisecond to make. */
export const RUN = 64;

/**
 * States inside one batch. Rungs stand every {@link RUN} events and are made as they are needed; the run that one
 * walks about in has a state for every event. So a step back is a look-up, and nothing is ever undone: each state
 * here is the fold of the one before it.
 */
export class Ladder {
  readonly batch: EventBatch;
  readonly #rungs: MachineState[];
  #steps: readonly MachineState[] = [];
  #runOfSteps = -1;
  #lastRun = -1;

  /** `start` is the state right before the batch's first event. */
  constructor(batch: EventBatch, start: MachineState) {
    this.batch = batch;
    this.#rungs = [start];
  }

  /** The state after the first `offset` events of the batch, 0 to its length. */
  at(offset: number): MachineState {
    const run = Math.min(Math.floor(offset / RUN), Math.floor((this.batch.length - 1) / RUN));
    if (run === this.#runOfSteps) return this.#steps[offset - run * RUN]!;
    const rung = this.#rung(run);
    if (offset === run * RUN) return rung;
    // A second look into the same run is somebody walking about in it.
    if (run === this.#lastRun) return this.#makeSteps(run, rung)[offset - run * RUN]!;
    this.#lastRun = run;
    return reduce(rung, this.batch, run * RUN, offset);
  }

  #rung(run: number): MachineState {
    for (let next = this.#rungs.length; next <= run; next++) {
      this.#rungs.push(reduce(this.#rungs[next - 1]!, this.batch, (next - 1) * RUN, next * RUN));
    }
    return this.#rungs[run]!;
  }

  #makeSteps(run: number, rung: MachineState): readonly MachineState[] {
    const steps = [rung];
    const end = Math.min((run + 1) * RUN, this.batch.length);
    for (let i = run * RUN; i < end; i++) steps.push(reduce(steps.at(-1)!, this.batch, i, i + 1));
    this.#steps = steps;
    this.#runOfSteps = run;
    return steps;
  }
}
