// npm run bench [-- --n 1e6] [--rounds 5] [--json FILE]: our rates beside their references, measured in turn in one run.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bytesOf, flatEntries, fold, foldFlat, record, replay } from './subjects.ts';
import { interleaved, timed, type Time } from './measure.ts';
import { foldRows, recordRows } from './rows.ts';
import { collect, stress } from './workload.ts';

interface Row {
  readonly what: string;
  readonly rate: number;
  readonly reference: string;
  readonly referenceRate: number;
  readonly ratio: number;
  readonly goal: number;
  readonly cpu: number;
  readonly wall: number;
}

const { values } = parseArgs({ options: { n: { type: 'string', default: '1e6' }, rounds: { type: 'string', default: '5' }, json: { type: 'string' } } });
const n = Number(values.n);
const folder = mkdtempSync(join(tmpdir(), 'kwind-bench-'));

/** A ratio of CPU times, since the cores of a small machine are shared. */
function row(what: string, ours: Time, reference: string, theirs: Time, goal: number): Row {
  return { what, rate: n / ours.cpu, reference, referenceRate: n / theirs.cpu, ratio: theirs.cpu / ours.cpu, goal, cpu: ours.cpu, wall: ours.wall };
}

function measure(): Row[] {
  const make = (sink: Parameters<typeof stress>[1]): void => stress(n, sink);
  const batches = collect(make);
  const flat = flatEntries(batches);
  const [trace, rows] = [join(folder, 'bench.kwind'), join(folder, 'rows.sqlite')];
  const times = interleaved(Number(values.rounds), {
    flat: () => foldFlat(batches, flat),
    fold: () => fold(batches),
    rows: () => (rmSync(rows, { force: true }), timed(() => recordRows(rows, make))),
    record: () => record(trace, make),
    readRows: () => timed(() => foldRows(rows)),
    replay: () => replay(trace),
  });
  console.log(`bytes an event: ${(bytesOf(trace) / n).toFixed(2)} (rows: ${(bytesOf(rows) / n).toFixed(2)})`);
  return [
    row('fold in memory', times['fold']!, 'flat typed arrays', times['flat']!, 0.15),
    row('record', times['record']!, 'a row an event', times['rows']!, 5),
    row('replay from disk', times['replay']!, 'rows read and folded', times['readRows']!, 5),
  ];
}

const mega = (rate: number): string => `${(rate / 1e6).toFixed(2)} M/s`;
try {
  console.log(`${n} events, stress workload, ${availableParallelism()} cores, node ${process.versions.node}; medians of ${values.rounds} rounds, rates in CPU time`);
  const rows = measure();
  for (const r of rows) {
    console.log(`${r.what.padEnd(18)} ${mega(r.rate).padStart(12)}   ${r.reference.padEnd(22)} ${mega(r.referenceRate).padStart(12)}   ratio ${r.ratio.toFixed(2).padStart(6)}  (goal ${r.goal})   cpu ${r.cpu.toFixed(3)} s, wall ${r.wall.toFixed(3)} s`);
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ n, rows }, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
