import { basename } from 'node:path';
import type { TraceHeader } from '@kwind/events';
import { detectFormat } from '@kwind/importers';
import { openTrace } from '@kwind/trace';
import { ToolError } from '@kwind/x86';
import { STDIN } from '../argv.ts';
import { exitCodes } from '../exit-code.ts';
import { captureIn, pathOf, readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { print, printJson } from '../output.ts';
import { renderAgreement, summariseAgreement } from '../render/agreement.ts';
import { buildName } from '../render/build-name.ts';
import { renderOutcome } from '../render/outcome.ts';
import { count } from '../render/table.ts';
import { safe } from '../terminal.ts';
import { importBootLog, type ImportedLog } from './boot-log.ts';
import { importCapture, type ImportedCapture } from './capture.ts';
import type { CaptureChoice } from './capture-source.ts';
import { importEvents, looksLikeEvents } from './events-file.ts';
import { outcomeOf, type BootOutcome } from './outcome.ts';
import type { Recording, Target } from './record.ts';

export interface ImportOptions extends Target, CaptureChoice {
  readonly log: string;
  readonly json: boolean;
  /** Show every disagreement. */
  readonly all: boolean;
}

/**
 * Import a boot log, a capture or a file of events into a trace, and say what came of it.
 * @returns 1 when the log and the model disagree
 */
export async function importFile(io: Io, options: ImportOptions): Promise<number> {
  const named = { ...options, log: captureIn(io, options.log) };
  return importInto(io, { ...named, again: againOf(named) });
}

/** A log or a capture has no place to go on from: its calls depend on all those before. */
const againOf = ({ log, output }: ImportOptions): string =>
  log === STDIN
    ? 'An import starts again from the beginning: run it with --force.'
    : `An import starts again from the beginning: kwind import ${log} -o ${output} --force.`;

async function importInto(io: Io, options: ImportOptions): Promise<number> {
  const bytes = await readInput(options.log, io);
  refuseTrace(bytes, options.log);
  const text = bytes.toString('utf8');
  const name = options.log === STDIN ? 'stdin' : basename(options.log).replace(/\.gz$/, '');
  if (looksLikeEvents(text)) {
    const { header, recording } = importEvents(io, text, name, options, options);
    await showEvents(io, options, header, outcomeFor(io, options, recording));
    return exitCodes.ok;
  }
  if (detectFormat(text) === 'capture') {
    const captured = importCapture(io, options.log, text, options, options);
    await showCapture(io, options, captured, outcomeFor(io, options, captured.recording));
    return exitCodes.ok;
  }
  const imported = importBootLog(io, text, name, options, options);
  await showLog(io, options, imported, outcomeFor(io, options, imported.recording));
  return imported.agrees ? exitCodes.ok : exitCodes.differs;
}

/** Every SQLite database begins so; the likeliest one here is a trace. */
const SQLITE = 'SQLite format 3\0';

function refuseTrace(bytes: Buffer, name: string): void {
  if (bytes.toString('latin1', 0, SQLITE.length) !== SQLITE) return;
  throw new ToolError(
    'import/format',
    `${name} is a database, not a log.`,
    `If it is a trace already, kwind debug ${name} opens it.`,
  );
}

function outcomeFor(io: Io, { output }: Target, { tally, end }: Recording<unknown>): BootOutcome {
  const reader = openTrace(pathOf(io, output));
  try {
    return outcomeOf(tally, end, reader);
  } finally {
    reader.close();
  }
}

async function showEvents(
  io: Io,
  { output, log, json }: ImportOptions,
  header: TraceHeader,
  outcome: BootOutcome,
): Promise<void> {
  const build = [header.profile, ...header.options].join(' ');
  if (json) await printJson(io, { trace: output, format: 'events', source: log, build, ...outcome });
  else await print(io, [`${safe(`${output}: events of ${log}`)}, ${buildName(header)}`, ...renderOutcome(outcome)]);
}

async function showCapture(
  io: Io,
  { output, log, json }: ImportOptions,
  { source, recording, notes }: ImportedCapture,
  outcome: BootOutcome,
): Promise<void> {
  const { capture, profile, kernelVersion, shown } = source;
  const build = { profile: profile.name, options: profile.overrides };
  if (json) {
    const about = { trace: output, format: 'capture', source: log, kernelVersion, ...build, shown };
    await printJson(io, {
      ...about,
      records: capture.nrRecords,
      unknown: capture.unknown,
      ...recording.result,
      notes,
      ...outcome,
    });
    return;
  }
  await print(io, [
    `${safe(`${output}: ${capture.name}`)}, ${count(capture.nrRecords, 'record')}, on ${buildName(build)}`,
    `kernel: ${safe(kernelVersion) || 'not named beside the capture'}`,
    ...renderOutcome(outcome),
    ...notes.map((note) => `note: ${safe(note)}`),
  ]);
}

async function showLog(
  io: Io,
  { output, json, all }: ImportOptions,
  imported: ImportedLog,
  outcome: BootOutcome,
): Promise<void> {
  const { log, profile, options, notes } = imported;
  const run = imported.recording.result;
  if (json) {
    const { kernelVersion, release, counts, kaslr } = log;
    await printJson(io, {
      trace: output,
      format: 'boot-log',
      source: log.name,
      kernelVersion,
      release,
      profile,
      options,
      kaslr,
      counts,
      ...summariseAgreement(run),
      agree: imported.agrees,
      notes,
      ...outcome,
    });
    return;
  }
  await print(io, [
    `${safe(`${output}: ${log.name}`)}, ${log.nrLines.toLocaleString('en-US')} lines, on ${buildName({ profile, options })}`,
    `kernel: ${safe(log.kernelVersion) || safe(log.release) || 'not named in the log'}`,
    ...renderOutcome(outcome),
    ...notes.map((note) => `note: ${safe(note)}`),
    ...renderAgreement(run, all ? Infinity : undefined),
  ]);
}
