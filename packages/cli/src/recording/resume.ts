import { canonicalBytes, eventToJson, type EventBatch, type TraceHeader } from '@kwind/events';
import type { LiveMachine } from '@kwind/recorder';
import { discardTrace, openTrace, refuseIfRecording, replaceTrace, type SqliteTraceReader } from '@kwind/trace';
import { ToolError } from '@kwind/x86';
import { Interrupted } from '../exit-code.ts';
import { pathOf } from '../files.ts';
import type { Io } from '../io.ts';
import { count } from '../render/table.ts';
import { recordTrace, type Recording } from './record.ts';

export interface Resumed<T> {
  readonly header: TraceHeader;
  /** Events that the trace had. */
  readonly found: number;
  readonly recording: Recording<T>;
}

/**
 * Go on with an unfinished trace. A boot is the same each time, so it is run again from power-on into a file beside the trace;
 * every event that the trace has is compared, and at the end the new file takes its place. Until then the trace stays as it
 * is, so that resuming can be stopped, killed or run out of room as well and loses nothing.
 *
 * @param name of the script, as the trace has it
 * @throws ToolError trace/exists for a trace that is finished, trace/busy for one that is being recorded, command/usage when it
 *         was made from something else; trace/…; whatever `work` throws
 */
export function resumeTrace<T>(io: Io, output: string, name: string, work: (machine: LiveMachine) => T): Resumed<T> {
  const path = pathOf(io, output);
  refuseIfRecording(path);
  const beside = { output: `${output}.resuming`, force: true };
  const reader = openTrace(path);
  const { header, length: found } = reader;
  let recording: Recording<T>;
  try {
    refuseOthers(reader, output, name);
    recording = recordTrace(io, beside, header, work, (recorder) =>
      recorder.addSink((batch) => expectSame(reader, batch, output)),
    );
    if (recording.end.position < found) throw differs(output, recording.end.position);
  } catch (error) {
    // Busy: another kwind resumes the same trace, and the file beside it is its own.
    if (!(error instanceof ToolError && error.code === 'trace/busy')) discardTrace(pathOf(io, beside.output));
    throw asIs(error, output, found);
  } finally {
    reader.close();
  }
  replaceTrace(pathOf(io, beside.output), path);
  return { header, found, recording };
}

function refuseOthers({ header, finished }: SqliteTraceReader, output: string, name: string): void {
  const { kind, name: recorded } = header.source;
  if (finished) {
    throw new ToolError(
      'trace/exists',
      `${output} is finished: there is nothing to go on with.`,
      'kwind record -o … --force records anew.',
    );
  }
  if (kind !== 'script') {
    const what = `${output} comes from a ${kind} (${recorded}), which cannot be gone on with: what follows depends on all before.`;
    throw new ToolError('command/usage', what, `Start again: kwind import ${recorded} -o ${output} --force.`);
  }
  if (recorded === name) return;
  const wanted = recorded === 'boot' ? '--boot' : recorded;
  throw new ToolError(
    'command/usage',
    `${output} was recorded from ${recorded}, not from ${name}.`,
    `kwind record ${wanted} --resume ${output}`,
  );
}

/** Hold a batch against what the trace has of the same events; recordings are cut alike as a rule. */
function expectSame(reader: SqliteTraceReader, batch: EventBatch, output: string): void {
  const { firstSeq, length } = batch;
  if (firstSeq >= reader.length) return;
  const stored = reader.batchContaining(firstSeq);
  const isCutAlike = stored.firstSeq === firstSeq && stored.length === length;
  if (isCutAlike && Buffer.compare(canonicalBytes(stored), canonicalBytes(batch)) === 0) return;
  for (let seq = firstSeq; seq < Math.min(firstSeq + length, reader.length); seq++) {
    const there = reader.batchContaining(seq);
    const [old, made] = [there.at(seq - there.firstSeq), batch.at(seq - firstSeq)];
    if (JSON.stringify(eventToJson(old)) !== JSON.stringify(eventToJson(made))) throw differs(output, seq);
  }
}

const differs = (output: string, seq: number): ToolError =>
  new ToolError(
    'command/usage',
    `what is recorded now is another boot than that of ${output}, from #${seq + 1} on; the trace stays as it is.`,
    'The script was changed, or another kwind recorded it. Record anew into another file; kwind diff shows what differs.',
  );

/** The file beside the trace is gone when somebody reads this. */
function asIs(error: unknown, output: string, found: number): unknown {
  if (error instanceof Interrupted)
    return new Interrupted(
      `interrupted; ${output} stays as it was, with ${count(found, 'event')}.`,
      'The same command starts again from there.',
    );
  if (!(error instanceof ToolError) || error.code !== 'trace/io') return error;
  const what = `${output} cannot be gone on with; it stays as it was, with ${found} events. ${error.message.replace(/ The first .*$/, '')}`;
  const hint = `${error.hint} Beside the trace there must be room for a whole one until the new one takes its place.`;
  return new ToolError('trace/io', what, hint, { cause: error });
}
