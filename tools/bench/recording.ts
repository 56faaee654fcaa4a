// Fold, record, replay, bytes: what a recording costs, against the same events done the usual way.
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { put, putRate, type Context } from './context.ts';
import { valueText } from './figure.ts';
import { has, interleaved, timed, timedChild } from './measure.ts';
import { immerFold } from './peers/immer.ts';
import { writeCtf } from './peers/ctf.ts';
import { foldRows, recordRows } from './peers/rows.ts';
import { flatStores, fold, foldFlat, record, recordWatched, replay } from './subjects.ts';
import { collect, storesOf } from './workload.ts';

/** immer needs this long for what we do with millions. */
const IMMER_STORES = 4000;

export function folding(context: Context): void {
  if (!context.wants('fold-flat', 'fold-immer')) return;
  const { work, rounds } = context;
  const batches = collect(work.make);
  const flat = flatStores(work);
  const few = storesOf(work.make, IMMER_STORES);
  const times = interleaved(rounds, {
    flat: () => foldFlat(flat),
    fold: () => fold(work.profile, batches),
    immer: () => immerFold(few),
  });
  putRate(context, 'fold-flat', times.fold, 'flat typed array', times.flat, { ours: work.n, theirs: flat.at.length });
  putRate(context, 'fold-immer', times.fold, 'immer an event', times.immer, { ours: work.n, theirs: few.length });
}

/** Records the trace that the other groups travel in. */
export function recording(context: Context): void {
  const { work, trace, folder } = context;
  if (!context.wants('record', 'simulate', 'watch-all', 'watch-some', 'replay')) return void record(trace, work);
  const database = join(folder, 'rows.sqlite');
  const times = interleaved(context.rounds, {
    rows: () => timed(() => recordRows(database, work.make)),
    all: () => recordWatched(trace, work, '*'),
    some: () => recordWatched(trace, work, 'slot.*'),
    record: () => record(trace, work),
    readRows: () => timed(() => void foldRows(database)),
    replay: () => replay(trace, work.profile),
  });
  const each = { ours: work.n, theirs: work.n };
  putRate(context, 'record', times.record, 'a row an event', times.rows, each);
  putRate(context, 'watch-all', times.all, 'nobody watching', times.record, each);
  putRate(context, 'watch-some', times.some, 'nobody watching', times.record, each);
  putRate(context, 'replay', times.replay, 'rows read and folded', times.readRows, each);
  rmSync(database, { force: true });
}

export function ctf(context: Context): void {
  if (!context.wants('replay-ctf')) return;
  if (!has('babeltrace2'))
    return put(context, { id: 'replay-ctf', measured: Number.NaN, ours: '', reference: '', skipped: 'no babeltrace2' });
  const { work, trace, folder } = context;
  const path = join(folder, 'ctf');
  writeCtf(path, work);
  const times = interleaved(work.n >= 1e7 ? 1 : context.rounds, {
    replay: () => replay(trace, work.profile),
    babeltrace: () => timedChild('babeltrace2', [path, '-o', 'dummy']),
  });
  rmSync(path, { recursive: true, force: true });
  putRate(context, 'replay-ctf', times.replay, 'babeltrace2 -o dummy', times.babeltrace, {
    ours: work.n,
    theirs: work.n,
  });
}

export function bytes(context: Context): void {
  const { trace, work } = context;
  const size = statSync(trace).size;
  put(context, { id: 'bytes', measured: size / work.n, ours: `${size.toLocaleString('en-US')} B`, reference: '' });
  if (!context.wants('bytes-index')) return;
  const db = new Database(trace, { readonly: true });
  const index = db.prepare("SELECT sum(pgsize) AS size FROM dbstat WHERE name LIKE '%touch%'").get() as {
    size: number | null;
  };
  db.close();
  const taken = index.size ?? 0;
  put(context, {
    id: 'bytes-index',
    measured: taken / work.n,
    ours: valueText(taken, 'B'),
    reference: '',
  });
}
