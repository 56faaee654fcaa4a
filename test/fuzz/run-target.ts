import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { DEADLINE_MS, MOST_FINDINGS, type Plan, type Report } from './fuzzer.ts';

const child = fileURLToPath(new URL('child.ts', import.meta.url));
const LOOK_MS = 500;
/** Starting, and making the files that get damaged. */
const START_MS = 60_000;
/** A target that keeps what it was fed runs out of this soon. */
const HEAP = '--max-old-space-size=384';
/** A trace may make a reader unpack a checkpoint of 256 MiB; what is beyond twice of that and a process is a leak. */
export const MOST_MIB = 800;
/** After that a new process goes on: the allocator keeps what thousands of cases have freed, and peaks would tell of that. */
const SLICE_SECONDS = 60;

/** Run a target in processes of its own, and end one when a case does not end. */
export async function runTarget(name: string, plan: Plan): Promise<Report> {
  const { seed, seconds, only, from = 0 } = plan;
  if (only !== undefined) return runSlice(name, plan);
  let sum: Report | undefined;
  for (let left = seconds; left > 0 && (sum?.findings.length ?? 0) < MOST_FINDINGS; left -= SLICE_SECONDS) {
    const next = from + (sum?.cases ?? 0);
    const slice = await runSlice(name, { seed, seconds: Math.min(left, SLICE_SECONDS), from: next });
    sum = sum === undefined ? slice : added(sum, slice);
  }
  return sum!;
}

function added(a: Report, b: Report): Report {
  const outcomes = { ...a.outcomes };
  for (const [outcome, times] of Object.entries(b.outcomes)) outcomes[outcome] = (outcomes[outcome] ?? 0) + times;
  const grower = b.growthMiB > (a.growthMiB || 0) ? b : a;
  return {
    ...a,
    cases: a.cases + b.cases,
    seconds: a.seconds + b.seconds,
    outcomes: Object.fromEntries(Object.entries(outcomes).sort(([, x], [, y]) => y - x)),
    slowestMs: Math.max(a.slowestMs, b.slowestMs),
    growthMiB: grower.growthMiB,
    growthIndex: grower.growthIndex,
    peakMiB: Math.max(a.peakMiB, b.peakMiB),
    findings: [...a.findings, ...b.findings],
  };
}

/** One process. */
async function runSlice(name: string, { seed, seconds, only, from = 0 }: Plan): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'kwind-fuzz-watch-'));
  const heartbeat = join(folder, 'case');
  const args = [HEAP, child, name, seed, seconds, heartbeat, from, ...(only === undefined ? [] : [only])].map(String);
  const running = spawn(execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  running.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  running.stderr.on('data', (chunk: Buffer) => (err = (err + chunk.toString()).slice(-4000)));
  const started = Date.now();
  let [last, since, hung] = ['', Date.now(), false];
  const watch = setInterval(() => {
    const now = beatOf(heartbeat);
    if (now !== last) [last, since] = [now, Date.now()];
    if (Date.now() - since < (last === '' ? START_MS : 2 * DEADLINE_MS)) return;
    hung = true;
    running.kill('SIGKILL');
  }, LOOK_MS);
  const code = await new Promise<number | string>((resolve) =>
    running.on('close', (exit, signal) => resolve(exit ?? signal ?? '')),
  );
  clearInterval(watch);
  const index = Number(beatOf(heartbeat) || from);
  rmSync(folder, { recursive: true, force: true });
  if (code === 0) return judged(JSON.parse(out.trim().split('\n').at(-1)!) as Report);
  const what = hung ? 'the case does not end' : `the process died (${code}): ${err}`;
  return {
    target: name,
    seed,
    cases: only === undefined ? index + 1 - from : 1,
    seconds: (Date.now() - started) / 1000,
    outcomes: {},
    slowestMs: Date.now() - since,
    growthMiB: NaN,
    growthIndex: -1,
    findings: [{ index, what }],
    peakMiB: 0,
  };
}

function judged(report: Report): Report {
  if (report.peakMiB <= MOST_MIB) return report;
  const { peakMiB, growthMiB, growthIndex } = report;
  const what = `a process of ${report.cases} cases took ${Math.round(peakMiB)} MiB at its peak; no case more than ${Math.round(growthMiB)} MiB`;
  return { ...report, findings: [...report.findings, { index: growthIndex, what }] };
}

function beatOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
