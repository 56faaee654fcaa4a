import type { TraceWriter } from '@kwind/events';
import { StateKeeper } from '@kwind/state';
import type { Recorder } from './recorder.ts';

/**
 * Store every batch, and of the machine what StateKeeper asks for. It is read where it stands: no state is frozen for
 * it and no page copied.
 */
export function recordInto(recorder: Recorder, writer: TraceWriter): void {
  const { machine } = recorder;
  const keeper = new StateKeeper(machine.view);
  recorder.addSink((batch) => {
    writer.append(batch);
    keeper.count(machine.view.pages);
    const { logBytes } = writer.sinceCheckpoint;
    if (!keeper.isDue(logBytes)) return;
    const { checkpoint, parts } = keeper.take(machine.settled(), logBytes);
    writer.putCheckpoint(checkpoint, parts);
  }, true);
}
