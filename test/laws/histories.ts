import fc from 'fast-check';
import { profile, type KernelProfile } from '@kwind/x86';
import { BatchBuilder, toEvent, type EventBatch } from '@kwind/events';
import { boot } from '@kwind/kernel';
import { LiveMachine } from '@kwind/recorder';
import { reduceAll, initialState, stateHash, storedState, type MachineState } from '@kwind/state';
import { applyCalls, arbitraryCalls, headerFor, memoryTrace, recordCalls, type RandomCall } from '@kwind/testkit';
import { Timeline } from '@kwind/timeline';

export const kernel: KernelProfile = profile('linux-6.1');

/** A booted machine without the events of the boot: short histories that are about early_ioremap and the TLB. */
export function recordAfterBoot(calls: readonly RandomCall[]): {
  batches: readonly EventBatch[];
  states: readonly MachineState[];
} {
  const batches: EventBatch[] = [];
  const machine = new LiveMachine(kernel, (batch) => batches.push(batch));
  boot(machine);
  machine.flush();
  const states = [machine.snapshot()];
  // Each emit shows the live machine right after its fact.
  const emit = machine.emit.bind(machine);
  machine.emit = (event) => {
    const seq = emit(event);
    states.push(machine.snapshot());
    return seq;
  };
  applyCalls(machine, calls);
  machine.flush();
  return { batches, states };
}

/** The same events in batches of other lengths; the last length is used for the rest. */
export function resplit(batches: readonly EventBatch[], lengths: readonly number[]): readonly EventBatch[] {
  const result: EventBatch[] = [];
  const builder = new BatchBuilder(batches[0]?.firstSeq ?? 0, batches[0]?.openCalls ?? []);
  let next = 0;
  for (const batch of batches) {
    for (const event of batch) {
      builder.append(toEvent(event));
      if (builder.length < (lengths[Math.min(next, lengths.length - 1)] ?? 1)) continue;
      result.push(builder.freeze());
      next++;
    }
  }
  if (builder.length > 0) result.push(builder.freeze());
  return result;
}

export interface History {
  readonly batches: readonly EventBatch[];
  readonly timeline: Timeline;
}

/** A timeline over batches, with checkpoints at some positions. */
export function timelineOver(batches: readonly EventBatch[], checkpoints: readonly number[] = []): Timeline {
  const trace = memoryTrace(batches, headerFor(kernel));
  for (const at of checkpoints) {
    const { checkpoint, parts } = storedState(foldTo(batches, Math.min(at, trace.length)));
    trace.putCheckpoint(checkpoint, parts);
  }
  return new Timeline(trace, kernel);
}

/** The state at a position, folded from power-on and by nothing that a timeline keeps. */
export function foldTo(batches: readonly EventBatch[], position: number): MachineState {
  return reduceAll(initialState(kernel), resplit(batches, [1]).slice(0, position));
}

export const hashAt = (timeline: Timeline, position: number): string => stateHash(timeline.at(position).state);

/** Random histories in random batches, with random checkpoints. */
export const arbitraryHistory: fc.Arbitrary<History> = fc
  .record({
    calls: arbitraryCalls(kernel, 25),
    lengths: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 12 }),
    checkpoints: fc.array(fc.nat(1500), { maxLength: 3 }),
  })
  .map(({ calls, lengths, checkpoints }) => {
    const batches = resplit(recordCalls(kernel, calls).batches, lengths);
    return { batches, timeline: timelineOver(batches, checkpoints) };
  });
