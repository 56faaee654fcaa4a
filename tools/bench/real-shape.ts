import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { profile, type KernelProfile, type Pfn } from '@kwind/x86';
import { isEntryCode, toEvent, type BootEvent, type EventBatch } from '@kwind/events';
import { captureFacts, parseCapture, shownPlaces, symbolNotes } from '@kwind/importers';
import { recordFacts, Recorder, recordStaticTables } from '@kwind/recorder';
import { createTrace, openTrace } from '@kwind/trace';
import { headerOf } from './subjects.ts';
import type { Sink, Workload } from './workload.ts';

const CAPTURE = new URL('../../traces/captures/q35-6.1.0-56/', import.meta.url);
/** Frames that lie between a table of one tile and the same of the next: 4 GiB. */
const APART = 0x10_0000;

/** A real kernel's boot as kwind imports it. */
export interface RealBoot {
  readonly profile: KernelProfile;
  readonly batches: readonly EventBatch[];
}

export function realBoot(): RealBoot {
  const text = gunzipSync(readFileSync(new URL('events.jsonl.gz', CAPTURE))).toString('utf8');
  const notes = symbolNotes(JSON.parse(readFileSync(new URL('meta.json', CAPTURE), 'utf8')));
  const capture = parseCapture(text, { name: 'events.jsonl' });
  const build = profile(
    'linux-6.1',
    shownPlaces(capture, notes).map(({ option }) => option),
  );
  const recorder = new Recorder(build);
  const batches: EventBatch[] = [];
  recorder.batches$.subscribe((batch) => batches.push(batch));
  recordStaticTables(recorder.machine);
  recordFacts(recorder.machine, captureFacts(capture));
  recorder.finish();
  return { profile: build, batches };
}

/** Kept as a trace, for a process that must not have the memory of importing it. */
export function keepBoot(path: string, { profile: build, batches }: RealBoot): void {
  const writer = createTrace(path, headerOf(build), { force: true });
  for (const batch of batches) writer.append(batch);
  writer.finish();
}

export function keptBoot(path: string): RealBoot {
  const reader = openTrace(path);
  const { header } = reader;
  const batches: EventBatch[] = [];
  for (let seq = 0; seq < reader.length; seq += batches.at(-1)!.length) batches.push(reader.batchContaining(seq));
  reader.close();
  return { profile: profile(header.profile, header.options), batches };
}

/** One event of the tile: a store as numbers, or a fact that is the same in every tile but for its table. */
type Step =
  | { readonly code: number; readonly words: readonly number[] }
  | { readonly code: 0; readonly event: BootEvent };

/** Facts that can be true again in each tile. Things there is one of (registers, resources, areas) stand in the first only. */
const repeatable = /^(?:table|tlb|slot|call)\./;

function stepsOf({ batches }: RealBoot): { readonly once: readonly Step[]; readonly each: readonly Step[] } {
  const once: Step[] = [];
  const each: Step[] = [];
  for (const batch of batches) {
    for (let i = 0; i < batch.length; i++) {
      const event = toEvent(batch.at(i));
      const step = stepOf(batch.codeAt(i), event);
      once.push(step);
      if (step.code !== 0 || repeatable.test(event.type)) each.push(step);
    }
  }
  return { once, each };
}

function stepOf(code: number, event: BootEvent): Step {
  if (!isEntryCode(code)) return { code: 0, event };
  const { table, index, before, after } = event as Extract<BootEvent, { type: 'pte.written' }>;
  return { code, words: [table, index, ...halves(before), ...halves(after)] };
}

const halves = (value: bigint): [number, number] => [Number(value & 0xffff_ffffn), Number(value >> 32n)];

/** Tiles of one boot, each with its tables and frames shifted away from the others', to any length. */
export function realShape(boot: RealBoot, n: number): Workload {
  const { once, each } = stepsOf(boot);
  return {
    name: 'real shape',
    profile: boot.profile,
    n,
    tables: tablesOf(each, Math.max(1, Math.floor(n / once.length))),
    make: (sink) => {
      let left = n;
      for (let tile = 0; left > 0; tile++) {
        const steps = tile === 0 ? once : each;
        const count = Math.min(left, steps.length);
        for (let i = 0; i < count; i++) put(sink, steps[i]!, tile * APART);
        left -= count;
      }
    },
  };
}

function put(sink: Sink, step: Step, shift: number): void {
  if (step.code === 0) {
    const { event } = step as { event: BootEvent };
    return sink.event(
      shift > 0 && event.type === 'table.allocated' ? { ...event, table: (event.table + shift) as Pfn } : event,
    );
  }
  const [table, index, beforeLo, beforeHi, lo, hi] = (step as { words: readonly number[] }).words as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // A shift of whole 4 GiB stands in the upper half alone. An empty entry stays empty.
  const up = shift / APART;
  sink.entry(
    step.code,
    table + shift,
    index,
    beforeLo,
    beforeLo === 0 && beforeHi === 0 ? 0 : beforeHi + up,
    lo,
    lo === 0 && hi === 0 ? 0 : hi + up,
  );
}

/** The tables with most stores, in each of some tiles. */
function tablesOf(steps: readonly Step[], tiles: number): number[] {
  const stores = new Map<number, number>();
  for (const step of steps) {
    if (step.code === 0) continue;
    const table = (step as { words: readonly number[] }).words[0]!;
    stores.set(table, (stores.get(table) ?? 0) + 1);
  }
  const busiest = [...stores].sort((a, b) => b[1] - a[1]).slice(0, 16);
  return Array.from({ length: tiles }, (_, tile) => busiest.map(([table]) => table + tile * APART)).flat();
}
