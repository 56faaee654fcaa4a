import type { TraceWriter } from '@kwind/events';
import { storedState, type MachineState } from '@kwind/state';
import type { Recorder } from './recorder.ts';

/**
 * When to keep a state: once the log has grown by twice the bytes that the last kept state took. Checkpoints then never
 * cost more than half of the log, at any length and any number of tables.
 */
export function isCheckpointDue(writer: TraceWriter): boolean {
  const { logBytes, lastBytes } = writer.sinceCheckpoint;
  return logBytes >= Math.max(2 * lastBytes, SMALLEST_GAP);
}
/** Below this much log a replay from the previous checkpoint is faster than reading another one. */
const SMALLEST_GAP = 64 * 1024;

/** Store every batch, and states as the policy asks for them. The state is at hand and frozen: nothing is replayed. */
export function recordInto(recorder: Recorder, writer: TraceWriter): void {
  let last: MachineState | undefined;
  recorder.addSink((batch, stateAfter) => {
    writer.append(batch);
    if (!isCheckpointDue(writer)) return;
    const state = stateAfter();
    const { checkpoint, parts } = storedState(state, last);
    writer.putCheckpoint(checkpoint, parts);
    last = state;
  });
}
