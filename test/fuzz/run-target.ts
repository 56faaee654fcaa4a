import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { DEADLINE_MS, type Plan, type Report } from './fuzzer.ts';

const child = fileURLToPath(new URL('child.ts', import.meta.url));
const LOOK_MS = 500;
/** Starting, and making the files that get damaged. */
const START_MS = 60_000;
/** A target that keeps what it was fed runs out of this soon. */
const HEAP = '--max-old-space-size=384';
/** A trace may make a reader unpack a checkpoint of 256 MiB; what is beyond twice of that and a process is a leak. */
export const MOST_MIB = 800;

export interface ChildReport extends Report {
  /** Most memory that the process had. */
  readonly peakMiB: number;
}

/** Run a target in a process of its own, and end it when a case does not end. */
export async function runTarget(name: string, { seed, seconds, only }: Plan): Promise<ChildReport> {
  const folder = mkdtempSync(join(tmpdir(), 'kwind-fuzz-watch-'));
  const heartbeat = join(folder, 'case');
  const args = [HEAP, child, name, seed, seconds, heartbeat, ...(only === undefined ? [] : [only])].map(String);
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
  rmSync(folder, { recursive: true, force: true });
  if (code === 0) return judged(JSON.parse(out.trim().split('\n').at(-1)!) as ChildReport);
  const what = hung ? 'the case does not end' : `the process died (${code}): ${err}`;
  return {
    target: name,
    seed,
    cases: Number(last),
    seconds: (Date.now() - started) / 1000,
    outcomes: {},
    slowestMs: Date.now() - since,
    findings: [{ index: Number(last), what }],
    peakMiB: 0,
  };
}

function judged(report: ChildReport): ChildReport {
  if (report.peakMiB <= MOST_MIB) return report;
  const what = `took ${Math.round(report.peakMiB)} MiB of memory at its peak`;
  return { ...report, findings: [...report.findings, { index: -1, what }] };
}

function beatOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
