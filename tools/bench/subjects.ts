import { rmSync, statSync } from 'node:fs';
import { profile } from '@kwind/x86';
import type { EventBatch, TraceHeader } from '@kwind/events';
import { initialState, reduceAll, reduceRows, type MachineState } from '@kwind/state';
import { Recorder, recordInto } from '@kwind/recorder';
import { createTrace, openTrace } from '@kwind/trace';
import { PTE_WRITTEN, type Sink } from './workload.ts';
import { timed, type Time } from './measure.ts';

const linux = profile('linux-6.1');
const header: TraceHeader = { eventSchema: 1, profile: 'linux-6.1', options: [], source: { kind: 'events', name: 'bench' }, kernelVersion: '', created: '1970-01-01T00:00:00Z', recordedBy: 'bench', notes: [] };

/** The limit: the same stores into flat arrays, nothing checked and nothing kept. */
export function foldFlat(batches: readonly EventBatch[], entries: { readonly at: Uint32Array; readonly lo: Uint32Array; readonly hi: Uint32Array; readonly size: number }): Time {
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
export function record(path: string, make: (sink: Sink) => void): Time {
  rmSync(path, { force: true });
  return timed(() => {
    const recorder = new Recorder(linux);
    const writer = createTrace(path, header);
    recordInto(recorder, writer);
    const { machine } = recorder;
    make({
      entry: (table, index, beforeLo, beforeHi, lo, hi) => machine.emitEntry(PTE_WRITTEN, table, index, beforeLo, beforeHi, lo, hi),
      event: (event) => machine.emit(event),
    });
    recorder.finish();
    writer.finish();
  });
}

export function replay(path: string): Time {
  return timed(() => {
    const reader = openTrace(path);
    const state = reduceRows(initialState(linux), reader.rowsFrom(0));
    reader.close();
    if (state.position !== reader.length) throw new Error('the replay did not reach the end');
  });
}

export const bytesOf = (path: string): number => statSync(path).size;
