/** Seconds of one run: what the clock on the wall says, and what all threads of the process used. */
export interface Time {
  readonly wall: number;
  readonly cpu: number;
}

export function timed(run: () => void): Time {
  const cpu = process.cpuUsage();
  const start = performance.now();
  run();
  const wall = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  return { wall, cpu: (used.user + used.system) / 1e6 };
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

export const percentile = (values: readonly number[], p: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? Number.NaN;
};

/** Run all subjects in turn, `rounds` times, so that a slow minute of the machine hits them alike. Medians by subject. */
export function interleaved(rounds: number, subjects: Readonly<Record<string, () => Time>>): Record<string, Time> {
  const times: Record<string, Time[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(subjects)) {
      globalThis.gc?.();
      (times[name] ??= []).push(run());
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, list]) => [
      name,
      { wall: median(list.map((t) => t.wall)), cpu: median(list.map((t) => t.cpu)) },
    ]),
  );
}
