// Regressions found by a machine: bisect, check, diff.
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rules, runRules } from '@kwind/checks';
import type { TraceReader } from '@kwind/events';
import { boot, earlyIoremap } from '@kwind/kernel';
import { bisect, diffTraces, firstDivergence, Timeline, type Verdict } from '@kwind/timeline';
import { openTrace } from '@kwind/trace';
import { profile, type Vaddr } from '@kwind/x86';
import { put, type Context } from './context.ts';
import { eachTimed, interleaved, latencyOf, median, timed, waitedAsync, type Time, type Wait } from './measure.ts';
import { seeded } from './random.ts';
import { fullReplay, record, recordBy } from './subjects.ts';
import type { Sink, Workload } from './workload.ts';

const ENTRIES = 512;
const ms = (value: number): string => `${value.toPrecision(3)} ms`;
const seconds = ({ cpu }: Time): string => `${cpu.toFixed(3)} s`;

/** A reader that counts the batches it unpacks, whole or in part: each once, for it keeps those it was asked for. */
function counting(reader: TraceReader): { readonly reader: TraceReader; readonly loaded: ReadonlySet<number> } {
  const loaded = new Set<number>();
  const proxy = new Proxy(reader, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name === 'batchContaining')
        return (seq: number) => {
          const batch = target.batchContaining(seq);
          loaded.add(batch.firstSeq);
          return batch;
        };
      if (name === 'storesTo')
        return function* (...asked: Parameters<NonNullable<TraceReader['storesTo']>>) {
          for (const stores of target.storesTo!(...asked)) {
            loaded.add(stores.firstSeq);
            yield stores;
          }
        };
      if (name === 'rowsFrom')
        return function* (...asked: Parameters<NonNullable<TraceReader['rowsFrom']>>) {
          for (const rows of target.rowsFrom!(...asked)) {
            loaded.add(rows.firstSeq);
            yield rows;
          }
        };
      return value.bind(target) as unknown;
    },
  });
  return { reader: proxy, loaded };
}

type Property = (timeline: Timeline, position: number) => Verdict;

/** Entries that hold something at the end, so that they turn from empty on the way. */
function turning({ trace, work }: Context, count: number): Property[] {
  const reader = openTrace(trace);
  const { pages } = new Timeline(reader, work.profile).at(reader.length).state;
  const random = seeded(19);
  const found: Property[] = [];
  for (let tries = 0; found.length < count && tries < 1e5; tries++) {
    const table = work.tables[Math.floor(random() * work.tables.length)]!;
    const index = Math.floor(random() * ENTRIES);
    if (pages.entry(table, index) === 0n) continue;
    found.push((timeline, at) => (timeline.stateAt(at).pages.entry(table, index) === 0n ? 'good' : 'bad'));
  }
  reader.close();
  return found;
}

/** How many pages hold something at entry 7: nobody can tell without all of them. */
function half({ trace, work }: Context): Property {
  const reader = openTrace(trace);
  const count = ({ pages }: ReturnType<Timeline['stateAt']>): number =>
    pages.tables().reduce((sum, table) => sum + (pages.entry(table, 7) === 0n ? 0 : 1), 0);
  const end = count(new Timeline(reader, work.profile).at(reader.length).state);
  reader.close();
  return (timeline, at) => (count(timeline.stateAt(at)) < end / 2 ? 'good' : 'bad');
}

export async function bisecting(context: Context): Promise<void> {
  if (!context.wants('bisect-page', 'bisect-state', 'bisect-loads')) return;
  const { trace, work, short } = context;
  const opened = openTrace(trace);
  const run = async (property: Property): Promise<{ time: Wait; loads: number }> => {
    const { reader, loaded } = counting(opened);
    const timeline = new Timeline(reader, work.profile);
    const time = await waitedAsync(async () => {
      const { result } = await bisect(0, reader.length, (position) => property(timeline, position));
      if (result.kind !== 'found') throw new Error('the bisection found nothing');
    });
    return { time, loads: loaded.size };
  };
  const pages = [];
  for (const property of turning(context, short ? 5 : 40)) pages.push(await run(property));
  const found = latencyOf(pages.map(({ time }) => time));
  const loads = median(pages.map((page) => page.loads));
  const common = { reference: '' };
  put(context, { ...common, id: 'bisect-page', measured: found.p50, ours: `${ms(found.wall.p50)} wall` });
  put(context, { ...common, id: 'bisect-loads', measured: loads, ours: `${loads} of ${Math.ceil(work.n / 4096)}` });
  if (context.wants('bisect-state')) {
    const { time, loads: all } = await run(half(context));
    put(context, { id: 'bisect-state', measured: time.wait * 1000, ours: `${all} loads`, reference: '', time });
  }
  opened.close();
}

export function checking(context: Context): void {
  if (!context.wants('check')) return;
  const { trace, work, rounds } = context;
  const times = interleaved(work.n >= 1e7 ? 1 : rounds, {
    replay: () => fullReplay(trace, work.profile),
    check: () =>
      timed(() => {
        const reader = openTrace(trace);
        runRules(reader, work.profile, rules);
        reader.close();
      }),
  });
  put(context, {
    id: 'check',
    measured: times.check.cpu / times.replay.cpu,
    ours: `${rules.length} rules ${seconds(times.check)}`,
    reference: `full replay ${seconds(times.replay)}`,
    time: times.check,
  });
}

/** The workload with flushes put in at random places: a boot that did some things more. */
function edited(work: Workload, places: readonly number[]): Workload['make'] {
  return (sink) => {
    let [seq, next] = [0, 0];
    const before = (): void => {
      for (; next < places.length && places[next]! <= seq; next++)
        sink.event({ type: 'tlb.page-flushed', vaddr: 0xffff_ffff_ff5f_e000n as Vaddr, how: 'invlpg' });
      seq++;
    };
    const both: Sink = {
      entry: (...row) => (before(), sink.entry(...row)),
      event: (event) => (before(), sink.event(event)),
    };
    work.make(both);
  };
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Two traces that are open, for as long as `work` takes. */
function withBoth<T>(
  a: string,
  b: string,
  work: (a: ReturnType<typeof openTrace>, b: ReturnType<typeof openTrace>) => T,
): T {
  const [left, right] = [openTrace(a), openTrace(b)];
  try {
    return work(left, right);
  } finally {
    left.close();
    right.close();
  }
}

export function comparing(context: Context): void {
  if (!context.wants('diff-equal', 'diff-first', 'diff-full')) return;
  const { work, trace, folder } = context;
  const other = join(folder, 'other.kwind');
  if (context.wants('diff-equal')) {
    copyFileSync(trace, other);
    const times = interleaved(context.rounds, {
      hash: () => timed(() => void (sha256(trace) === sha256(other))),
      equal: () => timed(() => withBoth(trace, other, areSame)),
    });
    put(context, {
      id: 'diff-equal',
      measured: times.hash.cpu / times.equal.cpu,
      ours: ms(times.equal.cpu * 1000),
      reference: `sha256 of both files ${ms(times.hash.cpu * 1000)}`,
      time: times.equal,
    });
  }
  if (context.wants('diff-first')) {
    record(other, { ...work, make: edited(work, [Math.floor(work.n * 0.6)]) });
    const found = withBoth(trace, other, (a, b) => eachTimed(20, () => void firstDivergence(a, b)));
    put(context, { id: 'diff-first', measured: found.p50, ours: `${ms(found.wall.p50)} wall`, reference: '' });
  }
  if (context.wants('diff-full')) aligningAll(context, other);
}

function areSame(a: ReturnType<typeof openTrace>, b: ReturnType<typeof openTrace>): void {
  if (a.digest !== b.digest || a.length !== b.length) throw new Error('equal traces are told to differ');
}

function aligningAll(context: Context, other: string): void {
  const { work, trace } = context;
  const random = seeded(23);
  const edits = Math.min(1e4, Math.floor(work.n / 100));
  const places = Array.from({ length: edits }, () => Math.floor(random() * work.n)).sort((a, b) => a - b);
  record(other, { ...work, make: edited(work, places) });
  let found = 0;
  const times = interleaved(work.n >= 1e7 ? 1 : context.rounds, {
    both: () => timed(() => (fullReplay(trace, work.profile), fullReplay(other, work.profile))),
    diff: () => timed(() => void (found = withBoth(trace, other, (a, b) => diffTraces(a, b).differences.length))),
  });
  put(context, {
    id: 'diff-full',
    measured: times.diff.cpu / times.both.cpu,
    ours: `${found} found ${seconds(times.diff)}`,
    reference: `full replay of both ${seconds(times.both)}`,
    time: times.diff,
  });
}

/** One boot on two machines whose kernels lie elsewhere: nothing else differs. */
export function aligning(context: Context): void {
  if (!context.wants('diff-kaslr')) return;
  const [a, b] = ['0x0', '0x1a000000'].map((kaslr) => {
    const path = join(context.folder, `kaslr-${kaslr}.kwind`);
    const build = profile('linux-6.1', kaslr === '0x0' ? [] : [`kaslr=${kaslr}`]);
    recordBy(path, build, (machine) => {
      boot(machine);
      for (let i = 0; i < 6; i++) earlyIoremap(machine, 0xf_0000n + 0x1000n * BigInt(i), 0x1000n);
    });
    return path;
  });
  const { same, differences } = withBoth(a!, b!, (left, right) => diffTraces(left, right));
  context.put({
    id: 'diff-kaslr',
    shape: '',
    n: 0,
    measured: same ? 1 : 0,
    ours: `${differences.length} differences`,
    reference: '',
  });
}
