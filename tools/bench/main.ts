// npm run bench [-- OPTIONS]: the table of figures. tools/bench/README.md says how to read it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { going, lastWrites, opening, stepping } from './travel.ts';
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
  return values.short || n >= 1e7 ? 3 : 5;
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

async function all(folder: string): Promise<void> {
  await run(onceGroups, contextFor(stressBoot(2e5), folder));
  const boot = realBoot();
  for (const n of lengths) {
    const makers = { stress: () => premade(stressBoot(n)), 'real shape': () => realShape(boot, n) };
    for (const [name, make] of Object.entries(makers))
      if (name.startsWith(values.shape ?? '')) await run(sweepGroups, contextFor(make(), folder));
  }
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

if (values.list || unknown.length > 0) {
  if (unknown.length > 0) console.error(`there is no figure ${unknown.join(', ')}; there are:`);
  console.log(ids.map((id) => `${id.padEnd(16)} ${boundOf(id).what}`).join('\n'));
  process.exitCode = unknown.length > 0 ? 2 : 0;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'kwind-bench-'));
  try {
    console.log(
      `${availableParallelism()} cores, node ${process.versions.node}; medians of rounds in turn; ratios are of CPU times`,
    );
    console.log(line(head));
    await all(folder);
    if (values.json) writeFileSync(values.json, `${JSON.stringify(figures.map(asJson), null, 2)}\n`);
    verdict();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
