import { basename } from 'node:path';
import {
  checkScript,
  kernelFunctions,
  parseScript,
  runScript,
  scriptProfile,
  type Script,
  type ScriptResult,
} from '@kwind/kernel';
import { openTrace } from '@kwind/trace';
import { profile } from '@kwind/x86';
import { splitOverrides } from '../commands/options.ts';
import { STDIN } from '../argv.ts';
import { exitCodes } from '../exit-code.ts';
import { pathOf, readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { note, print, printJson } from '../output.ts';
import { renderOutcome } from '../render/outcome.ts';
import { renderScriptRun } from '../render/script-run.ts';
import { count } from '../render/table.ts';
import { safe } from '../terminal.ts';
import { outcomeOf, type BootOutcome } from './outcome.ts';
import { headerFor } from './header.ts';
import { recordTrace, type Recording, type Target } from './record.ts';
import { resumeTrace } from './resume.ts';

export interface RecordOptions extends Target {
  /** The unfinished trace to go on with, in place of a new one. */
  readonly resume?: string | undefined;
  /** Undefined for the default boot. */
  readonly script?: string | undefined;
  readonly profile?: string | undefined;
  readonly set: readonly string[];
  readonly json: boolean;
}

/**
 * Run a boot script into a trace and say how it went.
 * @throws ToolError script/… before a file is made; io/unreadable, trace/…
 */
export async function recordScript(io: Io, options: RecordOptions): Promise<number> {
  if (options.resume !== undefined) return resumeScript(io, { ...options, output: options.resume });
  const { text, name } = await sourceOf(io, options.script);
  const script = parseScript(text, name);
  const build = buildOf(script, options);
  // Before the file is made: a script with a mistake leaves nothing behind.
  checkScript(script, profile(build.profile, build.options), kernelFunctions);
  const header = headerFor(io, { ...build, kind: 'script', name });
  const again = `kwind record ${resumeArguments(options)} goes on where it stopped.`;
  const target = options.script === STDIN ? options : { ...options, again };
  const recording = recordTrace(io, target, header, (machine) => runScript(machine, script, kernelFunctions));
  return finish(io, options, { ...build, name }, recording);
}

const resumeArguments = ({ script, output }: RecordOptions): string => `${script ?? '--boot'} --resume ${output}`;

/** Go on with a trace whose recorder was stopped: what it has must be what the script makes, and then the rest follows. */
async function resumeScript(io: Io, options: RecordOptions): Promise<number> {
  const { text, name } = await sourceOf(io, options.script);
  const script = parseScript(text, name);
  const { header, found, recording } = resumeTrace(io, options.output, name, (machine) => {
    checkScript(script, machine.profile, kernelFunctions);
    return runScript(machine, script, kernelFunctions);
  });
  await note(io, `${safe(options.output)} had ${count(found, 'event')}, which are the same; the rest is recorded now.`);
  return finish(io, options, { profile: header.profile, options: header.options, name }, recording);
}

async function finish(
  io: Io,
  options: RecordOptions,
  about: Pick<Shown, 'profile' | 'options' | 'name'>,
  { result, tally, end }: Recording<ScriptResult>,
): Promise<number> {
  const reader = openTrace(pathOf(io, options.output));
  try {
    await show(io, options, { ...about, result, outcome: outcomeOf(tally, end, reader) });
  } finally {
    reader.close();
  }
  return result.ok ? exitCodes.ok : exitCodes.differs;
}

async function sourceOf(io: Io, script: string | undefined): Promise<{ text: string; name: string }> {
  if (script === undefined) return { text: 'boot\n', name: 'boot' };
  const text = (await readInput(script, io)).toString('utf8');
  return { text, name: script === STDIN ? 'stdin' : basename(script) };
}

/** The command line beats the script: --profile replaces its build, --set changes it. */
function buildOf(script: Script, options: RecordOptions): { profile: string; options: readonly string[] } {
  const own = scriptProfile(script);
  const set = splitOverrides(options.set);
  return options.profile === undefined
    ? { profile: own.name, options: [...own.options, ...set] }
    : { profile: options.profile, options: set };
}

interface Shown {
  readonly name: string;
  readonly profile: string;
  readonly options: readonly string[];
  readonly result: ScriptResult;
  readonly outcome: BootOutcome;
}

async function show(io: Io, { output, json }: RecordOptions, shown: Shown): Promise<void> {
  const { result, outcome, name, profile: build, options } = shown;
  if (json) {
    const { ok, expectations, stoppedBy, callsMade } = result;
    await printJson(io, {
      trace: output,
      source: name,
      profile: build,
      options,
      ok,
      calls: callsMade,
      expectations,
      stoppedBy: stoppedBy ?? null,
      ...outcome,
    });
    return;
  }
  await print(io, [
    safe(`${output}: ${name} on ${[build, ...options].join(' ')}, ${count(result.callsMade, 'kernel call')}`),
    ...renderOutcome(outcome),
    ...renderScriptRun(result),
  ]);
}
