import { profile, type KernelProfile, type Vaddr } from '@kwind/x86';
import { BatchBuilder, codeOfType, type BootEvent, type EventBatch } from '@kwind/events';
import { seeded } from './random.ts';

/** One thing to record: a store to an entry as numbers, or any other fact as an object. */
export interface Sink {
  entry(
    code: number,
    table: number,
    index: number,
    beforeLo: number,
    beforeHi: number,
    afterLo: number,
    afterHi: number,
  ): void;
  event(event: BootEvent): void;
}

/** A number of events, made anew in the same order each time. */
export interface Workload {
  readonly name: 'stress' | 'real shape';
  readonly profile: KernelProfile;
  readonly n: number;
  readonly make: (sink: Sink) => void;
  /** Frames of page tables that are written to all along, for questions about one entry. */
  readonly tables: readonly number[];
}

/** A store to an entry, for peers that take objects. */
export interface Store {
  readonly table: number;
  readonly index: number;
  readonly beforeLo: number;
  readonly beforeHi: number;
  readonly lo: number;
  readonly hi: number;
}

const PTE_WRITTEN = codeOfType('pte.written');
const FIRST_TABLE = 0x10_0000;

export const stressBoot = (n: number, tables = stressTables(n)): Workload => ({
  name: 'stress',
  profile: profile('linux-6.1'),
  n,
  make: (sink) => stress(n, tables, sink),
  tables: Array.from({ length: tables }, (_, i) => FIRST_TABLE + i),
});

/** The first stores to entries of a workload. */
export function storesOf(make: Workload['make'], count: number): Store[] {
  const stores: Store[] = [];
  make({
    entry: (_code, table, index, beforeLo, beforeHi, lo, hi) => {
      if (stores.length < count) stores.push({ table, index, beforeLo, beforeHi, lo, hi });
    },
    event: () => {},
  });
  return stores;
}

/** Page tables that a stress boot of `n` events writes to. */
const stressTables = (n: number): number => (n >= 1e7 ? 4096 : n >= 1e6 ? 1024 : n >= 1e5 ? 256 : 64);

/**
 * The stress boot: 93 % stores to entries, set and cleared in runs of 1 to 25 over many tables with random frames,
 * the rest slots, flushes and calls. High in entropy on purpose: a real boot compresses far better.
 */
function stress(n: number, tables: number, sink: Sink): void {
  const random = seeded(7);
  const pages = Array.from({ length: tables }, () => new Uint32Array(1024));
  let left = n;
  while (left > 0) {
    if (random() < 0.5) {
      left -= smallEvent(random, sink);
      continue;
    }
    const table = Math.floor(random() * tables);
    const page = pages[table]!;
    const start = Math.floor(random() * 512);
    const run = Math.min(left, 512 - start, 1 + Math.floor(random() * 25));
    const clear = random() < 0.4;
    const frame = Math.floor(random() * 0x1_0000);
    for (let i = 0; i < run; i++) left -= storeEntry(sink, page, table, start + i, clear ? -1 : frame + i);
  }
}

function storeEntry(sink: Sink, page: Uint32Array, table: number, index: number, frame: number): number {
  const lo = frame < 0 ? 0 : ((frame << 12) | 0x163) >>> 0;
  const hi = frame < 0 ? 0 : (0x8000_0000 | (frame >>> 20)) >>> 0;
  sink.entry(PTE_WRITTEN, FIRST_TABLE + table, index, page[2 * index]!, page[2 * index + 1]!, lo, hi);
  page[2 * index] = lo;
  page[2 * index + 1] = hi;
  return 1;
}

function smallEvent(random: () => number, sink: Sink): number {
  const kind = random();
  const slot = Math.floor(random() * 8);
  const vaddr = (0xffff_ffff_ff20_0000n + BigInt(Math.floor(random() * 512)) * 4096n) as Vaddr;
  if (kind < 0.7) sink.event({ type: 'tlb.page-flushed', vaddr, how: 'invlpg' });
  else if (kind < 0.85) sink.event({ type: 'slot.claimed', slot, vaddr, phys: 0xf0000n, size: 0x1000n, pages: 1 });
  else sink.event({ type: 'slot.released', slot, vaddr, pages: 1 });
  return 1;
}

/** The workload as batches in memory. */
export function collect(make: (sink: Sink) => void): EventBatch[] {
  const builder = new BatchBuilder();
  const batches: EventBatch[] = [];
  const full = (): void => {
    if (builder.isFull) batches.push(builder.freeze());
  };
  make({
    entry: (code, table, index, beforeLo, beforeHi, afterLo, afterHi) => {
      builder.appendEntry(code, table, index, beforeLo, beforeHi, afterLo, afterHi);
      full();
    },
    event: (event) => {
      builder.append(event);
      full();
    },
  });
  if (builder.length > 0) batches.push(builder.freeze());
  return batches;
}
