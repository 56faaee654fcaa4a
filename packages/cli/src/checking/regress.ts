import { baselineText, learn, parseBaseline, regressions, type Baseline, type Regression } from '@kwind/checks';
import type { TraceReader } from '@kwind/events';
import { openTrace } from '@kwind/trace';
import { profile, type KernelProfile } from '@kwind/x86';
import { exitCodes, UsageError } from '../exit-code.ts';
import { pathOf, readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { writeOutput } from '../output-file.ts';
import { note, print, printJson } from '../output.ts';
import { count } from '../render/table.ts';
import { safe } from '../terminal.ts';
import { junitOf } from './junit.ts';

function withTrace<T>(io: Io, name: string, work: (reader: TraceReader, build: KernelProfile) => T): T {
  const reader = openTrace(pathOf(io, name));
  try {
    return work(reader, profile(reader.header.profile, reader.header.options));
  } finally {
    reader.close();
  }
}

export async function buildBaseline(
  io: Io,
  { good, output }: { readonly good: readonly string[]; readonly output: string },
): Promise<number> {
  let base: Baseline | undefined;
  for (const name of good) base = withTrace(io, name, (reader, build) => learn(base, reader, build));
  if (base === undefined) throw new UsageError('a baseline needs a good boot.', 'kwind baseline build GOOD... -o BASE');
  writeOutput(io, output, baselineText(base));
  await note(
    io,
    `${safe(output)}: ${count(good.length, 'boot')}, ${count(Object.keys(base.things).length, 'thing')} learned`,
  );
  return exitCodes.ok;
}

export interface RegressOptions {
  readonly base: string;
  readonly candidate: string;
  readonly junit?: string | undefined;
  readonly json: boolean;
}

/** @returns 1 when the candidate does what no good boot did, or leaves out what all of them did; notes do not count */
export async function regress(io: Io, options: RegressOptions): Promise<number> {
  const base = parseBaseline((await readInput(options.base, io)).toString('utf8'), options.base);
  const found = withTrace(io, options.candidate, (reader, build) => regressions(base, reader, build));
  if (options.junit !== undefined) writeOutput(io, options.junit, junitOf(options.candidate, found));
  if (options.json) await printJson(io, { base: options.base, candidate: options.candidate, regressions: found });
  else await print(io, [...found.map(lineOf), verdictOf(options.candidate, base.boots, found)]);
  return alarmsIn(found) === 0 ? exitCodes.ok : exitCodes.differs;
}

const alarmsIn = (found: readonly Regression[]): number => found.filter(({ weight }) => weight === 'alarm').length;

function verdictOf(candidate: string, boots: number, found: readonly Regression[]): string {
  const alarms = alarmsIn(found);
  const notes = found.length - alarms;
  const also = notes === 0 ? '' : `; ${count(notes, 'note')} on what may vary`;
  if (alarms > 0) return `${count(alarms, 'difference')}${also}`;
  return notes === 0
    ? `${safe(candidate)}: nothing that the ${count(boots, 'good boot')} did not do as well.`
    : `${safe(candidate)}: no difference from the ${count(boots, 'good boot')} that counts${also}.`;
}

const lineOf = ({ weight, kind, what, seq }: Regression): string =>
  `${weight === 'note' ? 'note: ' : ''}${kind.padEnd('argument'.length)}  ${seq < 0 ? '' : `#${seq + 1}  `}${safe(what)}`;
