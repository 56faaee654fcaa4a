// Travelling in a trace on disk: opening, going anywhere, one step back, the last write.
import { entriesChange, entryAt, Timeline } from '@kwind/timeline';
import { openTrace } from '@kwind/trace';
import { put, type Context } from './context.ts';
import type { FigureId } from './bounds.ts';
import { valueText, type Figure } from './figure.ts';
import { eachTimed, latencyOf, waited, type Latency, type Wait } from './measure.ts';
import { seeded } from './random.ts';

/** Turns after which what is measured is compiled. */
const WARM_UP = 5;
const BATCH = 4096;
const ENTRIES = 512;
/** Page tables that a walk reads. */
const LEVELS = 4;

const ms = (value: number): string => valueText(value, 'ms');

function putLatency(context: Context, p50: FigureId | undefined, p99: FigureId | undefined, found: Latency): void {
  const { wall } = found;
  if (p50) put(context, { id: p50, measured: found.p50, ours: `${ms(wall.p50)} wall`, reference: '' });
  if (p99) put(context, { id: p99, measured: found.p99, ours: `${ms(wall.p99)} wall`, reference: '' });
}

export function opening(context: Context): void {
  if (!context.wants('open')) return;
  const { trace, work } = context;
  const found = eachTimed(10, () => {
    const reader = openTrace(trace);
    new Timeline(reader, work.profile).event(reader.length - 1);
    reader.close();
  });
  putLatency(context, 'open', undefined, found);
}

/** A place never visited, from a timeline that keeps nothing of others yet, and a walk there: an entry of four tables. */
export function going(context: Context): void {
  if (!context.wants('goto-p50', 'goto-p99', 'goto-growth')) return;
  const { trace, work, short } = context;
  const reader = openTrace(trace);
  const random = seeded(11);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const visit = (): void => {
    const { state } = new Timeline(reader, work.profile).at(Math.floor(random() * reader.length));
    // A walk begins at cr3.
    if (state.control.registers['cr3'] === undefined) throw new Error('there is no cr3');
    for (let level = 0; level < LEVELS; level++) {
      const table = pick(work.tables);
      state.pages.entry(table, Math.floor(random() * ENTRIES));
      state.pages.info(table);
    }
  };
  eachTimed(WARM_UP, visit);
  const found = eachTimed(short ? 20 : 200, visit);
  reader.close();
  putLatency(context, 'goto-p50', 'goto-p99', found);
}

const SHORT = 1e5;

/** How much longer a `goto` takes in the workload measured last than in one of 10^5 events. */
export function gotoGrowth(figures: readonly Figure[]): Figure | undefined {
  const last = figures.findLast(({ id }) => id === 'goto-p50');
  const small = figures.find(({ id, shape, n }) => id === 'goto-p50' && shape === last?.shape && n === SHORT);
  if (last === undefined || small === undefined || last.n <= SHORT || figures.at(-1)?.id === 'goto-growth')
    return undefined;
  return {
    id: 'goto-growth',
    shape: last.shape,
    n: last.n,
    measured: last.measured / small.measured,
    ours: ms(last.measured),
    reference: `at 1e5 ${ms(small.measured)}`,
  };
}

/** Back from the end, step by step; the steps that leave a batch count by themselves as well. */
export function stepping(context: Context): void {
  if (!context.wants('step-back', 'step-edge')) return;
  const { trace, work, short } = context;
  const reader = openTrace(trace);
  const timeline = new Timeline(reader, work.profile);
  let cursor = timeline.at(reader.length - 1);
  const back = (): void => void (cursor = timeline.step(cursor, -1));
  putLatency(context, 'step-back', undefined, inRuns(Math.min(20_000, reader.length - 1), back));
  // What a session shows of each stop: the event, and what it made of the machine besides its pages.
  const backAndShown = (): void => {
    back();
    const { state, position } = cursor;
    const seq = position > 0 ? timeline.event(position - 1).seq : -1;
    if (seq !== position - 1 || state.control.slots.length === 0) throw new Error(`nothing to show at ${position}`);
  };
  const edges = Math.min(short ? 20 : 200, Math.floor(cursor.position / BATCH));
  const random = seeded(17);
  const crossing: Wait[] = [];
  for (let i = -WARM_UP; i < edges; i++) {
    // Somewhere else each time, one event behind an edge, where a session that steps has just looked around.
    const edge = BATCH * (1 + Math.floor(random() * Math.floor((reader.length - 1) / BATCH)));
    cursor = timeline.at(Math.min(reader.length, edge + 2));
    backAndShown();
    const steps = [waited(backAndShown), waited(backAndShown), waited(backAndShown)];
    // The slowest is the one over the edge.
    if (i >= 0) crossing.push(steps.reduce((slowest, step) => (step.wait > slowest.wait ? step : slowest)));
  }
  reader.close();
  if (crossing.length > 0) putLatency(context, undefined, 'step-edge', latencyOf(crossing));
}

/** A step is shorter than what asking the clocks takes, so a hundred are timed together. */
function inRuns(count: number, run: () => void): Latency {
  const HUNDRED = 100;
  const times = Array.from({ length: Math.ceil(count / HUNDRED) }, () =>
    waited(() => {
      for (let i = 0; i < HUNDRED; i++) run();
    }),
  );
  return latencyOf(
    times.map(({ cpu, wait, wall }) => ({ cpu: cpu / HUNDRED, wait: wait / HUNDRED, wall: wall / HUNDRED })),
  );
}

/** By the debugger's own search, from a random place backward. */
export function lastWrites(context: Context): void {
  if (!context.wants('last-p50', 'last-p99', 'last-never')) return;
  const { trace, work, short } = context;
  const reader = openTrace(trace);
  const timeline = new Timeline(reader, work.profile);
  const random = seeded(13);
  const search = (table: number, index: number): void =>
    void timeline.find(Math.floor(random() * reader.length), entriesChange([entryAt(table, index)]), 'backward');
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const anywhere = (): void => search(pick(work.tables), Math.floor(random() * ENTRIES));
  eachTimed(WARM_UP, anywhere);
  putLatency(context, 'last-p50', 'last-p99', eachTimed(short ? 50 : 500, anywhere));
  const never = neverWritten(context);
  putLatency(
    context,
    undefined,
    'last-never',
    eachTimed(short ? 20 : 200, () => search(...pick(never))),
  );
  reader.close();
}

/** Entries of busy tables that nobody stores to, as far as there are any; else entries of a table that is not there. */
function neverWritten({ work }: Context): readonly (readonly [number, number])[] {
  const written = new Map(work.tables.slice(0, 256).map((table) => [table, new Uint8Array(ENTRIES)]));
  work.make({
    entry: (_code, table, index) => {
      const seen = written.get(table);
      if (seen) seen[index] = 1;
    },
    event: () => {},
  });
  const found = [...written].flatMap(([table, seen]) =>
    [...seen.keys()].filter((index) => seen[index] === 0).map((index) => [table, index] as const),
  );
  return found.length > 0 ? found : [[work.tables.at(-1)! + 1, 0]];
}
