import { spawnSync } from 'node:child_process';
import { GCProfiler } from 'node:v8';

/** Seconds of one run: what the clock on the wall says, and what all threads of the process used. */
export interface Time {
  readonly wall: number;
  readonly cpu: number;
}

export function timed(run: () => void): Time {
  const cpu = process.cpuUsage();
  const start = performance.now();
  run();
  return since(start, cpu);
}

export async function timedAsync(run: () => Promise<void>): Promise<Time> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  return since(start, cpu);
}

/** One thing that somebody waits for. */
export interface Wait extends Time {
  /**
   * Seconds that the thread that was asked kept him waiting: its own CPU time, and the pauses for the collector, in which
   * it may wait for other threads. Never more than by the clock.
   */
  readonly wait: number;
}

interface Begun {
  readonly process: NodeJS.CpuUsage;
  readonly thread: NodeJS.CpuUsage;
  readonly pauses: GCProfiler;
  readonly start: number;
}

function begin(): Begun {
  const pauses = new GCProfiler();
  pauses.start();
  // Of a thread alone the kernel tells what it knew at its last tick, 4 ms ago at most; asked for the process, it looks anew.
  return { process: process.cpuUsage(), thread: process.threadCpuUsage(), pauses, start: performance.now() };
}

function end({ start, process: all, thread, pauses }: Begun): Wait {
  const time = since(start, all);
  const own = process.threadCpuUsage(thread);
  const paused = pauses.stop().statistics.reduce((sum, { cost }) => sum + cost, 0);
  return { ...time, wait: Math.min(time.wall, (own.user + own.system + paused) / 1e6) };
}

/** As {@link timed}, of one operation: what the compiler's and the collector's threads do meanwhile is not waited for. */
export function waited(run: () => void): Wait {
  const begun = begin();
  run();
  return end(begun);
}

export async function waitedAsync(run: () => Promise<void>): Promise<Wait> {
  const begun = begin();
  await run();
  return end(begun);
}

function since(start: number, cpu: NodeJS.CpuUsage): Time {
  const wall = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  return { wall, cpu: (used.user + used.system) / 1e6 };
}

/** Seconds that a child process takes, its own children included. CPU is asked from the shell, and is wall time without one. */
export function timedChild(command: string, args: readonly string[]): Time {
  const script = 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>/dev/null; exit $?';
  const start = performance.now();
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', command, ...args], { encoding: 'utf8' });
  const wall = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
  const [user = Number.NaN, system = Number.NaN] = stderr.trim().split(/\s+/).map(Number);
  return { wall, cpu: Number.isNaN(user + system) ? wall : user + system };
}

/** Whether a program is installed. */
export const has = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

export const median = (values: readonly number[]): number => percentile(values, 50);

export const percentile = (values: readonly number[], p: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? Number.NaN;
};

const middle = (times: readonly Time[]): Time => ({
  wall: median(times.map((time) => time.wall)),
  cpu: median(times.map((time) => time.cpu)),
});

/**
 * Run all subjects in turn, `rounds` times, so that a slow minute of the machine hits them alike. Each round begins with another
 * one: who comes after a subject pays for its garbage, and who comes first for what is not compiled yet. Medians by subject.
 */
export function interleaved<Name extends string>(
  rounds: number,
  subjects: Readonly<Record<Name, () => Time>>,
): Readonly<Record<Name, Time>> {
  const times = new Map<string, Time[]>();
  const inTurn = Object.entries<() => Time>(subjects);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < inTurn.length; turn++) {
      const [name, run] = inTurn[(round + turn) % inTurn.length]!;
      times.set(name, [...(times.get(name) ?? []), run()]);
    }
  }
  return Object.fromEntries([...times].map(([name, list]) => [name, middle(list)])) as Record<Name, Time>;
}

/** Milliseconds of the median and of the slowest hundredth: that were waited, and by the clock. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly wall: { readonly p50: number; readonly p99: number };
}

const spread = (times: readonly number[]): { p50: number; p99: number } => ({
  p50: percentile(times, 50),
  p99: percentile(times, 99),
});

export const latencyOf = (times: readonly Wait[]): Latency => ({
  ...spread(times.map(({ wait }) => wait * 1000)),
  wall: spread(times.map(({ wall }) => wall * 1000)),
});

export const eachTimed = (count: number, run: (i: number) => void): Latency =>
  latencyOf(Array.from({ length: count }, (_, i) => waited(() => run(i))));
