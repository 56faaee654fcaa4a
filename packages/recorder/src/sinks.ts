import type { Checkpoint, TraceWriter } from '@kwind/events';
import { encodeState, REDUCER_VERSION, type MachineState } from '@kwind/state';
import type { Recorder } from './recorder.ts';

/**
 * When to keep a state: once the log has grown by as many bytes as the last kept state took. Checkpoints then never
 * cost more than the log itself, at any length and any number of tables.
 */
export function isCheckpointDue(writer: TraceWriter): boolean {
  const { logBytes, lastBytes } = writer.sinceCheckpoint;
  return logBytes >= Math.max(lastBytes, SMALLEST_GAP);
}
/** Below this much log a replay from the previous checkpoint is faster than reading another one. */
const SMALLEST_GAP = 64 * 1024;

export function checkpointOf(state: MachineState): Checkpoint {
  return { position: state.position, reducer: REDUCER_VERSION, bytes: encodeState(state) };
}

/** Store every batch, and states as the policy asks for them. The state is at hand and frozen: nothing is replayed. */
export function recordInto(recorder: Recorder, writer: TraceWriter): void {
  recorder.addSink((batch, stateAfter) => {
    writer.append(batch);
    if (isCheckpointDue(writer)) writer.putCheckpoint(checkpointOf(stateAfter()));
  });
}
