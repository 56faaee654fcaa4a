import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchBuilder,
  BATCH_SIZE,
  canonicalBytes,
  specOfType,
  type BootEvent,
  type EventBatch,
  type EventType,
  type FieldKind,
  type TraceHeader,
} from '@kwind/events';

export const sampleHeader: TraceHeader = {
  eventSchema: 1,
  profile: 'linux-6.1',
  options: ['nr_cpus=64'],
  source: { kind: 'script', name: 'sample.boot' },
  kernelVersion: '',
  created: '2026-02-03T04:05:06.000Z',
  recordedBy: '0.1.0',
  notes: ['made by a test'],
};

/** Numbers that look random and are the same for the same seed. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export interface SampleShape {
  readonly events: number;
  /** Events in a batch; random up to this when `ragged`. */
  readonly batch?: number;
  readonly ragged?: boolean;
  readonly tables?: number;
  readonly seed?: number;
}

/** Batches that look like a boot: runs of entries over some tables, now and then a slot, a flush, a call with texts. */
export function* sampleBatches({
  events,
  batch = BATCH_SIZE,
  ragged = false,
  tables = 40,
  seed = 7,
}: SampleShape): IterableIterator<EventBatch> {
  const random = randomFrom(seed);
  const builder = new BatchBuilder();
  let room = ragged ? 1 + random(batch) : batch;
  for (let left = events; left > 0;) {
    const run = Math.min(1 + random(20), left, room - builder.length);
    appendRun(builder, run, random, tables);
    left -= run;
    if (builder.length < room) continue;
    yield builder.freeze();
    room = ragged ? 1 + random(batch) : batch;
  }
  if (builder.length > 0) yield builder.freeze();
}

function appendRun(builder: BatchBuilder, run: number, random: (below: number) => number, tables: number): void {
  const kind = random(20);
  const table = 0x1000 + random(tables);
  const first = random(512);
  for (let i = 0; i < run; i++) {
    if (kind === 0) builder.append(eventOf('slot.sized', { slot: random(8), after: BigInt(random(9000)) }));
    else if (kind === 1)
      builder.append(eventOf('tlb.page-flushed', { vaddr: 0xffff_ffff_ff20_0000n + BigInt(random(64) << 12) }));
    else if (kind === 2) builder.append(eventOf('table.allocated', { table: 0x1000 + random(tables) }));
    else if (kind === 3) builder.append(eventOf('warn.raised', { fn: `fn_${random(9)}`, message: 'slot ∅' }));
    else
      builder.appendEntry(
        kind === 4 ? 0x11 : 0x10,
        table,
        (first + i) & 511,
        0,
        0,
        (0x163 | (random(1 << 20) << 12)) >>> 0,
        0x8000_0000,
      );
  }
}

const blanks: Readonly<Record<FieldKind, unknown>> = {
  u16: 0,
  u32: 0,
  bool: false,
  str: '',
  list: [],
  u64: 0n,
  vaddr: 0n,
  phys: 0n,
  pte: 0n,
  pfn: 0,
};

/** An event of which only some fields matter. */
export function eventOf(type: EventType, fields: Readonly<Record<string, unknown>>): BootEvent {
  const kinds = Object.entries(specOfType(type)!.fields);
  return { type, ...Object.fromEntries(kinds.map(([name, kind]) => [name, blanks[kind]])), ...fields } as BootEvent;
}

/** The events of batches as bytes, whatever way they are cut into batches. */
export function eventBytes(batches: Iterable<EventBatch>): string[] {
  return [...batches].map((batch) => Buffer.from(canonicalBytes(batch)).toString('base64'));
}

/** A folder that {@link removeFolders} takes away. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kwind-test-'));
  folders.push(folder);
  return folder;
}
const folders: string[] = [];

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export const filesIn = (folder: string): string[] => readdirSync(folder).sort();
