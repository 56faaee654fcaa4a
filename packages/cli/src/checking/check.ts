import {
  applySilences,
  parseSilence,
  rules,
  runRules,
  sarifOf,
  selectRules,
  type Finding,
  type Rule,
  type Silence,
} from '@kwind/checks';
import { parseRange } from '@kwind/timeline';
import { openTrace, type SqliteTraceReader } from '@kwind/trace';
import { profile } from '@kwind/x86';
import { exitCodes, UsageError } from '../exit-code.ts';
import { pathOf, readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { writeOutput } from '../output-file.ts';
import { jsonLine, print, printJson } from '../output.ts';
import { positionContext } from '../positions.ts';
import { Progress } from '../progress.ts';
import { renderFindings, renderRules } from '../render/check.ts';
import { paintFor } from '../terminal.ts';
import { version } from '../version.ts';

export interface CheckOptions {
  readonly trace?: string | undefined;
  readonly list: boolean;
  readonly rule: readonly string[];
  readonly noRule: readonly string[];
  readonly silence: readonly string[];
  readonly silences?: string | undefined;
  readonly sarif: boolean;
  readonly output?: string | undefined;
  readonly json: boolean;
}

interface Checked {
  readonly trace: string;
  readonly events: number;
  readonly selected: readonly Rule[];
  readonly findings: readonly Finding[];
}

const split = (texts: readonly string[]): readonly string[] =>
  texts
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');

/**
 * The verb `check`.
 * @returns 1 when a rule is broken that nobody silenced
 */
export async function check(io: Io, options: CheckOptions): Promise<number> {
  if (options.list) {
    await (options.json ? printJson(io, rules.map(describeRule)) : print(io, renderRules(rules, paintFor(io))));
    return exitCodes.ok;
  }
  if (options.trace === undefined)
    throw new UsageError('the trace is missing.', 'kwind check TRACE, or kwind check --list');
  const selected = selectRules(split(options.rule), split(options.noRule));
  const reader = openTrace(pathOf(io, options.trace));
  try {
    const silences = await silencesOf(io, options, reader);
    const findings = applySilences(runOn(io, reader, selected), silences);
    await show(io, options, { trace: options.trace, events: reader.length, selected, findings });
    return findings.some(({ silenced }) => silenced === undefined) ? exitCodes.differs : exitCodes.ok;
  } finally {
    reader.close();
  }
}

const describeRule = ({ name, severity, title, explanation, source }: Rule): object => ({
  name,
  severity,
  title,
  explanation,
  source,
});

function runOn(io: Io, reader: SqliteTraceReader, selected: readonly Rule[]): readonly Finding[] {
  const progress = new Progress(io, 'checking');
  const build = profile(reader.header.profile, reader.header.options);
  const onProgress = (done: number): void => progress.at(done, reader.length);
  try {
    return runRules(reader, build, selected, { onProgress });
  } finally {
    progress.end();
  }
}

async function silencesOf(io: Io, options: CheckOptions, reader: SqliteTraceReader): Promise<readonly Silence[]> {
  const file = options.silences === undefined ? '' : (await readInput(options.silences, io)).toString('utf8');
  const lines = file
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const context = positionContext(reader);
  return [...options.silence, ...lines].map((text) => parseSilence(text, (range) => parseRange(range, context)));
}

async function show(io: Io, options: CheckOptions, checked: Checked): Promise<void> {
  const { trace, events, selected, findings } = checked;
  if (options.sarif) return write(io, options, sarifOf(findings, { version, trace, rules: selected }));
  if (options.json) return write(io, options, { trace, events, rules: selected.map(({ name }) => name), findings });
  const lines = renderFindings(checked, paintFor(io));
  if (options.output === undefined) await print(io, lines);
  else writeOutput(io, options.output, `${lines.join('\n')}\n`);
}

async function write(io: Io, { output }: CheckOptions, value: unknown): Promise<void> {
  if (output === undefined) await printJson(io, value);
  else writeOutput(io, output, `${jsonLine(value)}\n`);
}
