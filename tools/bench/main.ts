// npm run bench [-- OPTIONS]: the table of figures. tools/bench/README.md says how to read it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { boundOf, bounds, type FigureId } from './bounds.ts';
import type { Context } from './context.ts';
import { goalOf, head, isBeyondMargin, isReached, line, type Figure } from './figure.ts';
import { coldStart, peers, realBytes } from './once.ts';
import { peaks, slowSink } from './memory.ts';
import { realBoot, realShape } from './real-shape.ts';
import { bytes, ctf, folding, recording } from './recording.ts';
import { aligning, bisecting, checking, comparing } from './regression.ts';
import { simulating } from './simulating.ts';
import { going, gotoGrowth, lastWrites, opening, stepping } from './travel.ts';
import { premade } from './premade.ts';
import { stressBoot, type Workload } from './workload.ts';

const { values } = parseArgs({
  options: {
    n: { type: 'string' },
    rounds: { type: 'string' },
    only: { type: 'string' },
    shape: { type: 'string' },
    json: { type: 'string' },
    short: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    // For the processes that this one starts: `once`, `stress` or `real shape`.
    part: { type: 'string' },
  },
});

const ids = Object.keys(bounds) as FigureId[];
const lengths = (values.n ?? (values.short ? '2e5' : '1e6')).split(',').map(Number);
const only = values.only?.split(',') as FigureId[] | undefined;
const wanted = new Set(only ?? (values.short ? ids.filter((id) => boundOf(id).ci !== undefined) : ids));
const unknown = [...wanted].filter((id) => !ids.includes(id));
const figures: Figure[] = [];

function roundsFor(n: number): number {
  if (values.rounds !== undefined) return Number(values.rounds);
  if (n >= 1e7 || (values.short && values.part === 'once')) return 3;
  // Few events are over before anything is compiled: more rounds, of which the median is.
  return n >= 1e6 ? 5 : n >= 1e5 ? 15 : 41;
}

function contextFor(work: Workload, folder: string): Context {
  return {
    work,
    rounds: roundsFor(work.n),
    folder,
    trace: join(folder, 'bench.kwind'),
    short: values.short,
    wants: (...some) => some.some((id) => wanted.has(id)),
    put: (figure) => {
      if (!wanted.has(figure.id)) return;
      figures.push(figure);
      console.log(line(figure));
    },
  };
}

/** What does not depend on a length. */
const onceGroups = [realBytes, coldStart, peers, slowSink, aligning];
/** One workload, all figures about it; the second records the trace for those behind it. */
const sweepGroups = [
  folding,
  recording,
  simulating,
  ctf,
  bytes,
  opening,
  going,
  stepping,
  lastWrites,
  peaks,
  bisecting,
  checking,
  comparing,
];

/** One that breaks does not take the others' figures with it. */
async function run(groups: readonly ((context: Context) => void | Promise<void>)[], context: Context): Promise<void> {
  for (const group of groups) {
    try {
      await group(context);
    } catch (error) {
      console.error(`${group.name}, ${context.work.name} ${context.work.n}: ${(error as Error).stack}`);
      process.exitCode = 1;
    }
  }
}

const makers: Readonly<Record<string, (n: number) => Workload>> = {
  stress: (n) => premade(stressBoot(n)),
  'real shape': (n) => realShape(realBoot(), n),
};

/** What a process of its own measures. */
async function measure(part: string, folder: string): Promise<void> {
  const make = makers[part];
  if (!make) return await run(onceGroups, contextFor(stressBoot(2e5), folder));
  for (const n of lengths) await run(sweepGroups, contextFor(make(n), folder));
}

/**
 * Each part in a process of its own: in one process, the workloads before taught the compiler so much that recording was a
 * third slower.
 */
function measureApart(part: string, n: number, folder: string): void {
  const json = join(folder, 'part.json');
  const flags = ['--part', part, '--n', String(n), '--json', json, ...(values.short ? ['--short'] : [])];
  // Its growth is told here, from the medians of two lengths.
  const some = wanted.has('goto-growth') ? [...wanted, 'goto-p50'] : [...wanted];
  flags.push('--only', some.join(','), ...(values.rounds === undefined ? [] : ['--rounds', values.rounds]));
  rmSync(json, { force: true });
  const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...flags], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
  if (!existsSync(json)) return;
  const found = JSON.parse(readFileSync(json, 'utf8')) as readonly Figure[];
  // JSON has no NaN: what was not measured is null there.
  figures.push(...found.map((figure) => ({ ...figure, measured: figure.measured ?? Number.NaN })));
  const growth = wanted.has('goto-growth') ? gotoGrowth(figures) : undefined;
  if (growth === undefined) return;
  figures.push(growth);
  console.log(line(growth));
}

function all(folder: string): void {
  measureApart('once', 2e5, folder);
  const shapes = Object.keys(makers).filter((name) => name.startsWith(values.shape ?? ''));
  for (const n of lengths) for (const shape of shapes) measureApart(shape, n, folder);
}

/** In the file each figure carries what is said of it on the screen. */
const asJson = (figure: Figure): object => {
  const { ci, ...bound } = boundOf(figure.id);
  return { ...bound, ...figure, goal: goalOf(figure) ?? null, bound: ci ?? null, reached: isReached(figure) ?? null };
};

function verdict(): void {
  const below = figures.filter((figure) => isReached(figure) === false);
  console.log(`${figures.length} figures, ${below.length} below their goal`);
  const failed = values.short ? figures.filter(isBeyondMargin) : values.check ? below : [];
  if (failed.length === 0) return;
  console.error(`beyond the bound:\n${failed.map(line).join('\n')}`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kwind-bench-'));
  try {
    if (values.part === undefined) {
      const cores = `${availableParallelism()} cores, node ${process.versions.node}`;
      console.log(`${cores}; medians of rounds in turn; ratios are of CPU times`);
      console.log(line(head));
      all(folder);
    } else await measure(values.part, folder);
    if (values.json) writeFileSync(values.json, `${JSON.stringify(figures.map(asJson), null, 2)}\n`);
    if (values.part === undefined) verdict();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (values.list || unknown.length > 0) {
  if (unknown.length > 0) console.error(`there is no figure ${unknown.join(', ')}; there are:`);
  console.log(ids.map((id) => `${id.padEnd(16)} ${boundOf(id).what}`).join('\n'));
  process.exitCode = unknown.length > 0 ? 2 : 0;
} else await main();
