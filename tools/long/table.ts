import type { KillTally } from '../../test/durability/kills.ts';
import type { Report } from '../../test/fuzz/fuzzer.ts';
import type { SoakReport } from '../../test/soak/soak.ts';

/** A line of what one of the long forms prints. */
export type Result = Report | KillTally | SoakReport;

interface Row {
  readonly cells: readonly string[];
  /** One sentence each. */
  readonly problems: readonly string[];
}

const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');

function fuzzRow({ target, seed, cases, seconds, slowestMs, peakMiB, growthMiB, findings }: Report): Row {
  const most = growthMiB > 0 ? `, one case ${grouped(growthMiB)}` : '';
  const what = `${grouped(cases)} cases, slowest ${grouped(slowestMs)} ms, at most ${grouped(peakMiB)} MiB${most}`;
  const problems = findings.map(({ index, what: found }) => `${target}, case ${index} of seed ${seed}: ${found}`);
  return { cells: [`fuzz: ${target}`, `${grouped(seconds)} s`, String(seed), what], problems };
}

function killRow({ job, seed, rounds, before, during, whole, outlived, resumed, problems }: KillTally): Row {
  const died = `died before there was a file ${before}, in the middle ${during}, when all was written ${whole}; ended first ${outlived}`;
  const more = resumed > 0 ? `; resumed ${resumed}` : '';
  return { cells: [`kill: ${job}`, `${rounds} kills`, String(seed), `${died}${more}`], problems };
}

function soakRow({ seed, seconds, rounds, events, steps, firstHalf, secondHalf, problems }: SoakReport): Row {
  const memory = `heap ${firstHalf.heap.toFixed(1)} then ${secondHalf.heap.toFixed(1)} MiB, process ${grouped(firstHalf.rss)} then ${grouped(secondHalf.rss)} MiB`;
  const what = `${grouped(rounds)} recordings, ${grouped(events)} events, ${grouped(steps)} steps; ${memory}`;
  return { cells: ['soak', `${grouped(seconds)} s`, String(seed), what], problems };
}

export function rowOf(result: Result): Row {
  if ('target' in result) return fuzzRow(result);
  return 'job' in result ? killRow(result) : soakRow(result);
}

/** A result as a row of the table. */
export function rowText(result: Result): string {
  const { cells, problems } = rowOf(result);
  return `| ${[...cells, String(problems.length)].join(' | ')} |`;
}

/** Results as a table in Markdown; of two about the same thing the later. */
export function table(results: readonly Result[]): string {
  const lines = new Map(results.map((result) => [rowOf(result).cells[0]!, rowText(result)])).values();
  return ['| what | how long | seed | what came of it | problems |', '| --- | --- | --- | --- | --- |', ...lines].join(
    '\n',
  );
}
