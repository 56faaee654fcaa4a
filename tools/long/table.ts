import type { KillTally } from '../../test/durability/kills.ts';
import type { ChildReport } from '../../test/fuzz/run-target.ts';
import type { SoakReport } from '../../test/soak/soak.ts';

/** A line of what one of the long forms prints. */
export type Result = ChildReport | KillTally | SoakReport;

interface Row {
  readonly cells: readonly string[];
  /** One sentence each. */
  readonly problems: readonly string[];
}

const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');

function fuzzRow({ target, seed, cases, seconds, slowestMs, peakMiB, findings }: ChildReport): Row {
  const what = `${grouped(cases)} cases, slowest ${grouped(slowestMs)} ms, at most ${grouped(peakMiB)} MiB`;
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

/** Results as a table in Markdown; of two about the same thing the later. */
export function table(results: readonly Result[]): string {
  const rows = new Map(results.map(rowOf).map((row) => [row.cells[0]!, row]));
  const lines = [...rows.values()].map(
    ({ cells, problems }) => `| ${[...cells, String(problems.length)].join(' | ')} |`,
  );
  return ['| what | how long | seed | what came of it | problems |', '| --- | --- | --- | --- | --- |', ...lines].join(
    '\n',
  );
}
