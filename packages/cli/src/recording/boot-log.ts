import { parseBootLog, suggestProfile, type BootLog, type LogNote } from '@kwind/importers';
import { boot } from '@kwind/kernel';
import { runLog, type LogRun } from '@kwind/recorder';
import { profile } from '@kwind/x86';
import { splitOverrides } from '../commands/options.ts';
import type { Io } from '../io.ts';
import { headerFor } from './header.ts';
import { recordTrace, type Recording, type Target } from './record.ts';

export interface BuildChoice {
  readonly profile?: string | undefined;
  readonly set: readonly string[];
}

export interface ImportedLog {
  readonly log: BootLog;
  readonly profile: string;
  readonly options: readonly string[];
  /** Things that a reader of the trace should know, with their place in the log. */
  readonly notes: readonly string[];
  readonly recording: Recording<LogRun>;
  /** Model and log agree in all that was compared, and the log does not contradict the kernel's rules by itself. */
  readonly agrees: boolean;
}

/**
 * Run the calls that a boot log reports through the simulated kernel, into a trace, and compare.
 * @throws ToolError import/format, import/nothing-found; profile/unknown, option/invalid; trace/…
 */
export function importBootLog(io: Io, text: string, name: string, target: Target, choice: BuildChoice): ImportedLog {
  const log = parseBootLog(text, { name });
  const suggested = suggestProfile(log.kernelVersion === '' ? log.release : log.kernelVersion);
  const build = choice.profile ?? suggested.profile;
  const options = [...optionsOf(log, build), ...splitOverrides(choice.set)];
  const notes = log.notes.map((note) => noteText(name, note));
  if (choice.profile === undefined && !suggested.exact) notes.unshift(nearestText(log, build));
  const kernelVersion = log.kernelVersion === '' ? log.release : log.kernelVersion;
  const header = headerFor(io, { profile: build, options, kind: 'log', name, kernelVersion, notes });
  const recording = recordTrace(io, target, header, (machine) => {
    boot(machine);
    return runLog(
      machine,
      // An assumed call is the importer's own idea: only what the log says can agree or disagree.
      log.calls.map(({ kind, call }) => (kind === 'seen' ? call : { ...call, claims: [] })),
    );
  });
  const agrees =
    recording.result.disagreements.length === 0 && !log.notes.some((note) => note.weight === 'contradiction');
  return { log, profile: build, options, notes, recording, agrees };
}

/** What the log shows of the build and its command line. */
function optionsOf(log: BootLog, build: string): string[] {
  const { messages } = profile(build);
  const showsPointers = log.flags.noHashPointers || (log.pointers === 'raw' && messages.pointerFormat === 'hashed');
  return [...(log.flags.la57 ? ['la57=1'] : []), ...(showsPointers ? ['no_hash_pointers=1'] : [])];
}

function noteText(name: string, { line, text, weight }: LogNote): string {
  const said = weight === 'contradiction' ? `the log contradicts itself: ${text}` : text;
  return line === 0 ? `${name}: ${said}` : `${name}:${line}: ${said}`;
}

function nearestText(log: BootLog, build: string): string {
  const version = log.kernelVersion === '' ? log.release : log.kernelVersion;
  if (version === '') return `the log names no kernel version; ${build} is assumed, --profile names another.`;
  return `there is no profile of kernel ${version.split(' ', 1)[0]}; ${build} is the nearest, --profile names another.`;
}
