// What does not depend on a length: one real boot on disk, the start of the program, and the peers.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ndjsonLines } from '@kwind/exporters';
import { Timeline } from '@kwind/timeline';
import { openTrace } from '@kwind/trace';
import { freshBundle, root } from '../../packages/cli/bin/bundle.mjs';
import { bundle } from '../bundle.ts';
import type { FigureId } from './bounds.ts';
import type { Context } from './context.ts';
import { rateText, type Figure } from './figure.ts';
import { interleaved, timed, timedChild, type Time } from './measure.ts';
import { emmettTimes } from './peers/emmett.ts';
import { gdbTimes } from './peers/gdb.ts';
import { toolkitFold, undoSteps } from './peers/redux.ts';
import { keepBoot, realBoot } from './real-shape.ts';
import { drive } from './simulating.ts';
import { fold, record, recordBy, replay } from './subjects.ts';
import { premade } from './premade.ts';
import { collect, storesOf, stressBoot } from './workload.ts';

type Once = Pick<Context, 'folder' | 'wants' | 'put' | 'rounds' | 'short'>;

/** One boot as kwind imports it, everything in, against the same as lines of JSON. */
export function realBytes({ folder, wants, put }: Once): void {
  if (!wants('bytes-boot', 'bytes-boot-json')) return;
  const path = join(folder, 'boot.kwind');
  keepBoot(path, realBoot());
  const reader = openTrace(path);
  const json = gzipSync([...ndjsonLines(reader)].join('\n')).length;
  const { length } = reader;
  reader.close();
  const { size } = statSync(path);
  const common = { shape: '', n: length, ours: `${size.toLocaleString('en-US')} B` } as const;
  put({ ...common, id: 'bytes-boot', measured: size / length, reference: '' });
  put({
    ...common,
    id: 'bytes-boot-json',
    measured: size / json,
    reference: `JSON lines, gzip ${json.toLocaleString('en-US')} B`,
  });
}

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * From the shell to the end of the process, as after an install, against an empty one that imports the two packages which
 * cannot be left out.
 */
export async function coldStart({ folder, wants, put, short }: Once): Promise<void> {
  if (!wants('cold-help', 'cold-show')) return;
  if (freshBundle() === null) await bundle(root);
  const trace = join(folder, 'small.kwind');
  recordBy(trace, stressBoot(0).profile, (machine) => drive(machine, 1500));
  const node =
    (...args: readonly string[]) =>
    (): Time =>
      timedChild(process.execPath, args);
  const kwind = file('../../packages/cli/bin/kwind.mjs');
  const subjects = {
    empty: node(file('empty.mjs')),
    help: node(kwind, '--help'),
    show: node(kwind, 'show', trace, 'summary'),
  };
  for (const warm of [subjects.help, subjects.show]) warm(); // Node's compile cache is there from the second start on
  const times = interleaved(short ? 7 : 15, subjects);
  const ms = ({ cpu }: Time): string => `${(cpu * 1000).toFixed(0)} ms`;
  for (const [id, time] of [
    ['cold-help', times.help],
    ['cold-show', times.show],
  ] as const)
    put({
      id,
      shape: '',
      n: 0,
      measured: time.cpu / times.empty.cpu,
      ours: ms(time),
      reference: `yargs and better-sqlite3 ${ms(times.empty)}`,
      time,
    });
}

const PEER_EVENTS = 1e6;
const SHORT_EVENTS = 2e5;
/** As few as suit the peers. */
const PEER_TABLES = 64;
const STEPS = 1e5;
const EMMETT_STORES = 20_000;
const REDUX_STORES = 4000;
const GDB_STORES = 300;

/** The same page-table writes; peers get fewer of them, and rates are compared. */
export async function peers(context: Once): Promise<void> {
  const { folder, wants, rounds, short } = context;
  if (!wants('emmett-record', 'emmett-replay', 'toolkit', 'undo', 'gdb-back', 'gdb-record')) return;
  const work = premade(stressBoot(short ? SHORT_EVENTS : PEER_EVENTS, PEER_TABLES));
  const stores = storesOf(work.make, EMMETT_STORES);
  const few = stores.slice(0, REDUX_STORES);
  const batches = collect(work.make);
  const trace = join(folder, 'peers.kwind');
  const times = interleaved(rounds, {
    record: () => record(trace, work),
    replay: () => replay(trace, work.profile),
    fold: () => fold(work.profile, batches),
    toolkit: () => toolkitFold(few),
    undo: () => undoSteps(few),
    step: () => steps(trace, work.profile),
  });
  const emmett = await emmettTimes(join(folder, 'emmett.sqlite'), stores);
  const put = putter(context);
  put('emmett-record', work.n / times.record.cpu, 'emmett-sqlite', stores.length / emmett.record.cpu, times.record);
  put('emmett-replay', work.n / times.replay.cpu, 'emmett-sqlite', stores.length / emmett.replay.cpu, times.replay);
  put('toolkit', work.n / times.fold.cpu, 'Redux Toolkit', few.length / times.toolkit.cpu, times.fold);
  const back = STEPS / times.step.cpu;
  put('undo', back, 'redux-undo', few.length / times.undo.cpu, times.step);
  if (short || !wants('gdb-back', 'gdb-record')) return;
  const gdb = gdbTimes(folder, stores.slice(0, GDB_STORES));
  put('gdb-back', back, 'gdb reverse-stepi', gdb && 1 / gdb.back, times.step);
  put('gdb-record', work.n / times.record.cpu, 'gdb record full', gdb && 1 / gdb.store, times.record);
}

function steps(trace: string, profile: ReturnType<typeof stressBoot>['profile']): Time {
  const reader = openTrace(trace);
  const timeline = new Timeline(reader, profile);
  let cursor = timeline.at(reader.length - 1);
  cursor = timeline.step(cursor, -1);
  const time = timed(() => {
    for (let i = 0; i < STEPS; i++) cursor = timeline.step(cursor, -1);
  });
  reader.close();
  return time;
}

const putter =
  ({ put, short }: Once) =>
  (id: FigureId, ours: number, name: string, theirs: number | undefined, time: Time): void => {
    const common = { id, shape: 'stress', n: short ? SHORT_EVENTS : PEER_EVENTS, ours: rateText(ours) } as const;
    const figure: Figure =
      theirs === undefined
        ? { ...common, measured: Number.NaN, reference: '', skipped: `no ${name.split(' ', 1)[0]} or cc` }
        : { ...common, measured: ours / theirs, reference: `${name} ${rateText(theirs)}`, time };
    put(figure);
  };
