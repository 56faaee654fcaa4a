import type { TraceHeader } from '@kwind/events';
import { recordInto, Recorder, type LiveMachine } from '@kwind/recorder';
import type { MachineState } from '@kwind/state';
import { createTrace, openTrace } from '@kwind/trace';
import { profile, ToolError } from '@kwind/x86';
import { Interrupted } from '../exit-code.ts';
import { pathOf } from '../files.ts';
import type { Io } from '../io.ts';
import { Progress } from '../progress.ts';
import { count } from '../render/table.ts';
import { interruptible, wasInterrupted } from './interruptible.ts';
import { RecordingWatch, type Tally } from './watch.ts';

export interface Target {
  /** As the user named it. */
  readonly output: string;
  readonly force: boolean;
  /** What to do once there is room again, when writing failed in the middle. */
  readonly again?: string;
}

export interface Recording<T> {
  readonly result: T;
  readonly tally: Tally;
  readonly end: MachineState;
}

/**
 * Record what `work` makes a machine do into a trace file. If it fails, what was recorded so far stays and opens.
 * @param prepare gets the recorder before the first event
 * @throws ToolError trace/exists, trace/busy, trace/io; Interrupted after ^C; whatever `work` throws
 */
export function recordTrace<T>(
  io: Io,
  target: Target,
  header: TraceHeader,
  work: (machine: LiveMachine) => T,
  prepare: (recorder: Recorder) => void = () => {},
): Recording<T> {
  const build = profile(header.profile, header.options);
  const writer = createTrace(pathOf(io, target.output), header, { force: target.force, now: () => performance.now() });
  const recorder = new Recorder(build);
  prepare(recorder);
  recordInto(recorder, writer);
  const progress = new Progress(io, 'recording');
  const watch = new RecordingWatch(recorder, progress);
  try {
    return interruptible(() => {
      const result = work(recorder.machine);
      const end = recorder.finish();
      writer.finish();
      return { result, tally: watch.tally(), end };
    });
  } catch (error) {
    if (wasInterrupted(error)) {
      writer.abandon();
      throw new Interrupted(holds(io, target.output), target.again);
    }
    recorder.fail(error);
    writer.abort();
    throw withAdvice(error, target.again);
  } finally {
    progress.end();
  }
}

function holds(io: Io, output: string): string {
  const reader = openTrace(pathOf(io, output));
  try {
    const { length, finished } = reader;
    return `interrupted; ${output} ${finished ? 'is complete, with' : 'holds the first'} ${count(length, 'event')}.`;
  } finally {
    reader.close();
  }
}

function withAdvice(error: unknown, again: string | undefined): unknown {
  if (again === undefined || !(error instanceof ToolError) || error.code !== 'trace/io') return error;
  return new ToolError(error.code, error.message, `${error.hint} ${again}`, { cause: error });
}
