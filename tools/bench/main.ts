// npm run bench [-- --n 1e6] [--rounds 5] [--short] [--json FILE]: our rates beside their references, measured in turn in
// one run. With --short, few events and an exit code of 1 when a ratio is below its bound: half of what was measured
// when the bound was set, so that a busy machine does not fail it. No absolute time decides anything.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  bytesOf,
  flatEntries,
  fold,
  foldFlat,
  gotoRandom,
  lastWrite,
  openAtEnd,
  record,
  recordWatched,
  replay,
  stepBack,
  type Latency,
} from './subjects.ts';
import { interleaved, timed, type Time } from './measure.ts';
import { foldRows, recordRows } from './rows.ts';
import { collect, stress, stressTables } from './workload.ts';

interface Row {
  readonly what: string;
  readonly rate: number;
  readonly reference: string;
  readonly referenceRate: number;
  readonly ratio: number;
  readonly goal: number;
  /** What --short fails below. */
  readonly bound: number;
  readonly cpu: number;
  readonly wall: number;
}

const { values } = parseArgs({
  options: {
    n: { type: 'string' },
    rounds: { type: 'string' },
    json: { type: 'string' },
    short: { type: 'boolean', default: false },
  },
});
const n = Number(values.n ?? (values.short ? 2e5 : 1e6));
const rounds = Number(values.rounds ?? (values.short ? 3 : 5));
const folder = mkdtempSync(join(tmpdir(), 'kwind-bench-'));
const trace = join(folder, 'bench.kwind');

/** A ratio of CPU times, since the cores of a small machine are shared. */
function row(what: string, ours: Time, reference: string, theirs: Time, goal: number, bound: number): Row {
  return {
    what,
    rate: n / ours.cpu,
    reference,
    referenceRate: n / theirs.cpu,
    ratio: theirs.cpu / ours.cpu,
    goal,
    bound,
    cpu: ours.cpu,
    wall: ours.wall,
  };
}

function measure(): { readonly rows: readonly Row[]; readonly bytesAnEvent: number; readonly bytesARow: number } {
  const make = (sink: Parameters<typeof stress>[1]): void => stress(n, sink);
  const batches = collect(make);
  const flat = flatEntries(batches);
  const database = join(folder, 'rows.sqlite');
  const times = interleaved(rounds, {
    flat: () => foldFlat(batches, flat),
    fold: () => fold(batches),
    rows: () => (rmSync(database, { force: true }), timed(() => recordRows(database, make))),
    watchedAll: () => recordWatched(trace, make, '*'),
    watchedSome: () => recordWatched(trace, make, 'slot.*'),
    record: () => record(trace, make),
    readRows: () => timed(() => foldRows(database)),
    replay: () => replay(trace),
  });
  const t = (name: string): Time => times[name]!;
  return {
    rows: [
      row('fold in memory', t('fold'), 'flat typed arrays', t('flat'), 0.15, 0.06),
      row('record', t('record'), 'a row an event', t('rows'), 5, 1.3),
      row('record, all watched', t('watchedAll'), 'nobody watching', t('record'), 0.77, 0.3),
      row('record, slots watched', t('watchedSome'), 'nobody watching', t('record'), 0.91, 0.45),
      row('replay from disk', t('replay'), 'rows read and folded', t('readRows'), 5, 1.8),
    ],
    bytesAnEvent: bytesOf(trace) / n,
    bytesARow: bytesOf(database) / n,
  };
}

function latencies(): Record<string, Latency & { readonly goal: string }> {
  return {
    'open at the end': { ...openAtEnd(trace), goal: 'under 20 ms' },
    'goto and one entry': { ...gotoRandom(trace, values.short ? 10 : 60), goal: '3 ms, 25 ms at 1e7' },
    'step back': { ...stepBack(trace, 20_000), goal: '0.01 ms, 2 ms' },
    'last write to an entry': { ...lastWrite(trace, 300, stressTables(n)), goal: '0.3 ms, 2 ms at 1e7' },
  };
}

const mega = (rate: number): string => `${(rate / 1e6).toFixed(2)} M/s`;

function print(rows: readonly Row[]): void {
  for (const r of rows) {
    console.log(
      `${r.what.padEnd(22)} ${mega(r.rate).padStart(11)}   ${r.reference.padEnd(21)} ${mega(r.referenceRate).padStart(11)}   ratio ${r.ratio.toFixed(2).padStart(6)} (goal ${r.goal}, bound ${r.bound})   cpu ${r.cpu.toFixed(3)} s, wall ${r.wall.toFixed(3)} s`,
    );
  }
}

try {
  console.log(
    `${n} events, stress workload, ${availableParallelism()} cores, node ${process.versions.node}; medians of ${rounds} rounds, rates in CPU time`,
  );
  const { rows, bytesAnEvent, bytesARow } = measure();
  print(rows);
  console.log(`bytes an event ${bytesAnEvent.toFixed(2)} (goal 5; rows ${bytesARow.toFixed(2)})`);
  const waits = latencies();
  for (const [what, { p50, p99, goal }] of Object.entries(waits)) {
    console.log(
      `${what.padEnd(22)} p50 ${p50.toFixed(4).padStart(9)} ms, p99 ${p99.toFixed(3).padStart(8)} ms (goal ${goal})`,
    );
  }
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  console.log(`memory at most ${peakMiB.toFixed(0)} MiB, all references included`);
  if (values.json)
    writeFileSync(values.json, `${JSON.stringify({ n, rows, bytesAnEvent, waits, peakMiB }, null, 2)}\n`);
  const failed = rows.filter((r) => r.ratio < r.bound).map((r) => r.what);
  if (bytesAnEvent > 5) failed.push('bytes an event');
  if (values.short && failed.length > 0) {
    console.error(`below the bound: ${failed.join(', ')}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
