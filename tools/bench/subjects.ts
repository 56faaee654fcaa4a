import { rmSync, statSync } from 'node:fs';
import { profile } from '@kwind/x86';
import type { EventBatch, TraceHeader } from '@kwind/events';
import { initialState, reduceAll, reduceRows, type MachineState } from '@kwind/state';
import { Recorder, recordInto } from '@kwind/recorder';
import { createTrace, openTrace } from '@kwind/trace';
import { Timeline } from '@kwind/timeline';
import { seeded } from './random.ts';
import { FIRST_TABLE, PTE_WRITTEN, type Sink } from './workload.ts';
import { percentile, timed, type Time } from './measure.ts';

const linux = profile('linux-6.1');
const header: TraceHeader = {
  eventSchema: 1,
  profile: 'linux-6.1',
  options: [],
  source: { kind: 'events', name: 'bench' },
  kernelVersion: '',
  created: '1970-01-01T00:00:00Z',
  recordedBy: 'bench',
  notes: [],
};

/** The limit: the same stores into flat arrays, nothing checked and nothing kept. */
export function foldFlat(
  batches: readonly EventBatch[],
  entries: { readonly at: Uint32Array; readonly lo: Uint32Array; readonly hi: Uint32Array; readonly size: number },
): Time {
  const image = new Uint32Array(entries.size * 2);
  return timed(() => {
    const { at, lo, hi } = entries;
    for (let i = 0; i < at.length; i++) {
      image[at[i]! * 2] = lo[i]!;
      image[at[i]! * 2 + 1] = hi[i]!;
    }
    if (batches.length < 0) throw new Error(String(image[0]));
  });
}

/** Stores to entries as flat columns, for {@link foldFlat}. */
export function flatEntries(batches: readonly EventBatch[]): Parameters<typeof foldFlat>[1] {
  const ordinals = new Map<number, number>();
  const [at, lo, hi]: number[][] = [[], [], []];
  for (const batch of batches) {
    for (const event of batch) {
      if (event.type !== 'pte.written') continue;
      if (!ordinals.has(event.table)) ordinals.set(event.table, ordinals.size);
      at!.push(ordinals.get(event.table)! * 512 + event.index);
      lo!.push(Number(event.after & 0xffff_ffffn));
      hi!.push(Number(event.after >> 32n));
    }
  }
  return { at: Uint32Array.from(at!), lo: Uint32Array.from(lo!), hi: Uint32Array.from(hi!), size: ordinals.size * 512 };
}

/** Our fold: old values checked, a state kept each 65,536 events. */
export function fold(batches: readonly EventBatch[]): Time {
  const kept: MachineState[] = [];
  return timed(() => {
    let state = initialState(linux);
    for (let i = 0; i < batches.length; i += 16) kept.push((state = reduceAll(state, batches.slice(i, i + 16))));
  });
}

/** Everything from the fact to the disk: stream, fold, encoding, hash, touch index, checkpoints. */
export function record(path: string, make: (sink: Sink) => void, watch?: (recorder: Recorder) => void): Time {
  rmSync(path, { force: true });
  return timed(() => {
    const recorder = new Recorder(linux);
    watch?.(recorder);
    const writer = createTrace(path, header);
    recordInto(recorder, writer);
    const { machine } = recorder;
    make({
      entry: (table, index, beforeLo, beforeHi, lo, hi) =>
        machine.emitEntry(PTE_WRITTEN, table, index, beforeLo, beforeHi, lo, hi),
      event: (event) => machine.emit(event),
    });
    recorder.finish();
    writer.finish();
  });
}

/** The same with somebody who gets every single event of some types, and looks at its number. */
export function recordWatched(path: string, make: (sink: Sink) => void, pattern: string): Time {
  let sum = 0;
  const time = record(path, make, (recorder) => recorder.events$(pattern).subscribe((event) => (sum += event.seq)));
  if (sum === 0) throw new Error('the subscriber saw nothing');
  return time;
}

export function replay(path: string): Time {
  return timed(() => {
    const reader = openTrace(path);
    const state = reduceRows(initialState(linux), reader.rowsFrom(0));
    reader.close();
    if (state.position !== reader.length) throw new Error('the replay did not reach the end');
  });
}

/** Milliseconds of the median and of the slowest hundredth. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

const latency = (times: readonly number[]): Latency => ({ p50: percentile(times, 50), p99: percentile(times, 99) });

function eachTimed(count: number, run: (i: number) => void): Latency {
  const times = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    run(i);
    times.push(performance.now() - start);
  }
  return latency(times);
}

export const openAtEnd = (path: string): Latency =>
  eachTimed(10, () => {
    const reader = openTrace(path);
    new Timeline(reader, linux).event(reader.length - 1);
    reader.close();
  });

/** A place never visited, and one entry of one table there. */
export function gotoRandom(path: string, count: number): Latency {
  const reader = openTrace(path);
  const random = seeded(11);
  const found = eachTimed(count, () => {
    const { state } = new Timeline(reader, linux).at(Math.floor(random() * reader.length));
    state.pages.entry(FIRST_TABLE + 1, 7);
  });
  reader.close();
  return found;
}

export function stepBack(path: string, count: number): Latency {
  const reader = openTrace(path);
  const timeline = new Timeline(reader, linux);
  let cursor = timeline.at(reader.length - 1);
  const found = eachTimed(Math.min(count, reader.length - 1), () => void (cursor = timeline.step(cursor, -1)));
  reader.close();
  return found;
}

function storesTo(batch: EventBatch, table: number, index: number): boolean {
  for (let i = batch.length - 1; i >= 0; i--) {
    if (batch.codeAt(i) !== PTE_WRITTEN) continue;
    const event = batch.at(i);
    if (event.type === 'pte.written' && event.table === table && event.index === index) return true;
  }
  return false;
}

/** The last batch before a random place that stores to an entry: found by the touch index, looked through for the store. */
export function lastWrite(path: string, count: number, tables: number): Latency {
  const reader = openTrace(path);
  const random = seeded(13);
  const found = eachTimed(count, () => {
    const [table, index] = [FIRST_TABLE + Math.floor(random() * tables), Math.floor(random() * 512)];
    for (const { firstSeq } of reader.batchesTouching(
      { table, index },
      Math.floor(random() * reader.length),
      'backward',
    )) {
      if (storesTo(reader.batchContaining(firstSeq), table, index)) return;
    }
  });
  reader.close();
  return found;
}

export const bytesOf = (path: string): number => statSync(path).size;
