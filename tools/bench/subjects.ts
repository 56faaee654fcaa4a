import { rmSync } from 'node:fs';
import type { KernelProfile } from '@kwind/x86';
import { EVENT_SCHEMA, type EventBatch, type SkippedWords, type TraceHeader } from '@kwind/events';
import { initialState, reduceAll, reduceRows, type MachineState } from '@kwind/state';
import { Recorder, recordInto, type LiveMachine } from '@kwind/recorder';
import { createTrace, openTrace } from '@kwind/trace';
import { timed, type Time } from './measure.ts';
import type { Sink, Workload } from './workload.ts';

export const headerOf = (profile: KernelProfile): TraceHeader => ({
  eventSchema: EVENT_SCHEMA,
  profile: profile.name,
  options: profile.overrides,
  source: { kind: 'events', name: 'bench' },
  kernelVersion: '',
  created: '1970-01-01T00:00:00Z',
  recordedBy: 'bench',
  notes: [],
});

/** Our fold: old values checked, a state kept each 65,536 events. */
export function fold(profile: KernelProfile, batches: readonly EventBatch[]): Time {
  const kept: MachineState[] = [];
  return timed(() => {
    let state = initialState(profile);
    for (let i = 0; i < batches.length; i += 16) kept.push((state = reduceAll(state, batches.slice(i, i + 16))));
  });
}

/** Stores to entries as flat columns. */
export interface FlatStores {
  readonly at: Uint32Array;
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
  readonly entries: number;
}

export function flatStores({ make, n }: Workload): FlatStores {
  const ordinals = new Map<number, number>();
  const [at, lo, hi] = [new Uint32Array(n), new Uint32Array(n), new Uint32Array(n)];
  let stores = 0;
  make({
    entry: (_code, table, index, _beforeLo, _beforeHi, afterLo, afterHi) => {
      let ordinal = ordinals.get(table);
      if (ordinal === undefined) ordinals.set(table, (ordinal = ordinals.size));
      at[stores] = ordinal * 512 + index;
      lo[stores] = afterLo;
      hi[stores++] = afterHi;
    },
    event: () => {},
  });
  const entries = ordinals.size * 512;
  return { at: at.slice(0, stores), lo: lo.slice(0, stores), hi: hi.slice(0, stores), entries };
}

/** The limit: the same stores into one flat array, nothing checked and nothing kept. */
export function foldFlat({ at, lo, hi, entries }: FlatStores): Time {
  const image = new Uint32Array(entries * 2);
  const time = timed(() => {
    for (let i = 0; i < at.length; i++) {
      image[at[i]! * 2] = lo[i]!;
      image[at[i]! * 2 + 1] = hi[i]!;
    }
  });
  if (image.length > 0 && image.every((word) => word === 0)) throw new Error('nothing was stored');
  return time;
}

export const sinkInto = (machine: LiveMachine): Sink => ({
  entry: (code, table, index, beforeLo, beforeHi, lo, hi) =>
    machine.emitEntry(code, table, index, beforeLo, beforeHi, lo, hi),
  event: (event) => machine.emit(event),
});

/** Everything from the fact to the disk: stream, fold, encoding, hash, touch index, checkpoints. */
export function record(path: string, work: Workload, watch?: (recorder: Recorder) => void): Time {
  return recordBy(path, work.profile, (machine) => work.make(sinkInto(machine)), watch);
}

export function recordBy(
  path: string,
  profile: KernelProfile,
  run: (machine: LiveMachine) => void,
  watch?: (recorder: Recorder) => void,
): Time {
  rmSync(path, { force: true });
  return timed(() => {
    const recorder = new Recorder(profile);
    watch?.(recorder);
    const writer = createTrace(path, headerOf(profile));
    recordInto(recorder, writer);
    run(recorder.machine);
    recorder.finish();
    writer.finish();
  });
}

/** The same with somebody who gets every single event of some types, and looks at its number. */
export function recordWatched(path: string, work: Workload, pattern: string): Time {
  let sum = 0;
  const time = record(path, work, (recorder) => recorder.events$(pattern).subscribe((event) => (sum += event.seq)));
  if (sum === 0) throw new Error('the subscriber saw nothing');
  return time;
}

/** From the file to the state at the end; what calls were given and gave back is read only where it stays, as in the product. */
export const replay = (path: string, profile: KernelProfile): Time => replayed(path, profile, { calls: true });

/** The same with every word of every event read: the reference for what looks at each. */
export const fullReplay = (path: string, profile: KernelProfile): Time => replayed(path, profile, {});

function replayed(path: string, profile: KernelProfile, skips: SkippedWords): Time {
  return timed(() => {
    const reader = openTrace(path);
    const state = reduceRows(initialState(profile), reader.rowsFrom(0, skips));
    reader.close();
    if (state.position !== reader.length) throw new Error('the replay did not reach the end');
  });
}
