import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { pfn, vaddr } from '@kwind/x86';
import { BatchBuilder, type BootEvent, type EventBatch, type TraceWriter } from '@kwind/events';
import { compareStates, initialState, reduceAll, StateKeeper, stateHash, walk, type MachineState } from '@kwind/state';
import { LiveMachine } from '@kwind/recorder';
import { headerFor, memoryTrace } from '@kwind/testkit';
import { entriesChange, entryAt, Timeline } from '@kwind/timeline';
import { createTrace, openTrace } from '@kwind/trace';
import { kwind } from '../cli/kwind.ts';
import { foldTo, kernel, resplit } from './histories.ts';

const folder = mkdtempSync(join(tmpdir(), 'kwind-lazy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One thing that happens: to a page table mostly, else to what is kept apart from the pages. */
type Fact =
  | {
      readonly kind: 'store';
      readonly table: number;
      readonly index: number;
      readonly run: number;
      readonly to: number;
    }
  | { readonly kind: 'allocate'; readonly table: number; readonly level: string; readonly name: string }
  | { readonly kind: 'other'; readonly event: BootEvent };

// Neighbouring frames share a stored part, far ones do not; some tables are stored to before anyone makes them.
// So many of some that whoever looks at all pages gets them in one go.
const table = fc.oneof(
  fc.constantFrom(0x100, 0x101, 0x102, 0x11f, 0x120, 0x9_0000, 0xf_ffff_ffff),
  fc.integer({ min: 0x2000, max: 0x2040 }),
);
const fact: fc.Arbitrary<Fact> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('store' as const),
      table,
      index: fc.nat(511),
      run: fc.integer({ min: 1, max: 20 }),
      to: fc.nat(6),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('allocate' as const),
      table,
      level: fc.constantFrom('pte', 'pmd', 'pud'),
      name: fc.constantFrom('', 'level1_fixmap_pgt', 'bm_pte'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom<BootEvent[]>(
        { type: 'slot.claimed', slot: 1, vaddr: vaddr(0xffff_ffff_ff20_0000n), phys: 0x1000n, size: 1n, pages: 1 },
        { type: 'slot.released', slot: 1, vaddr: vaddr(0xffff_ffff_ff20_0000n), pages: 1 },
        { type: 'e820.added', start: 0n, size: 0x1000n, kind: 1, entry: 0 } as BootEvent,
        { type: 'call.entered', fn: 'f', args: [1n], text: '', caller: '', stack: '', origin: '' },
        { type: 'call.returned', fn: 'f', result: 0n },
        { type: 'cr3.loaded', before: 0n, after: 0x10_0000n } as BootEvent,
        { type: 'message.printed', level: 'INFO', text: 'x' },
        { type: 'tlb.filled', vaddr: vaddr(0x1000n), phys: 0x2000n, size: 0x1000n, prot: 0x163n } as BootEvent,
        { type: 'tlb.page-flushed', vaddr: vaddr(0x1000n), how: 'invlpg' },
        { type: 'tlb.evicted', vaddr: vaddr(0x1000n), reason: 'test' } as BootEvent,
        { type: 'tlb.flushed', scope: 'all', how: 'cr4.pge' } as BootEvent,
      )
      .map((event): Fact => ({ kind: 'other', event })),
  },
);

function happen(machine: LiveMachine, one: Fact): void {
  if (one.kind === 'other') machine.emit(one.event);
  else if (one.kind === 'allocate')
    machine.emit({ type: 'table.allocated', ...one, table: pfn(one.table) } as BootEvent);
  else
    for (let index = one.index; index < Math.min(512, one.index + one.run); index++) {
      const before = machine.view.pages.entry(pfn(one.table), index);
      const after = one.to === 0 ? 0n : (BigInt(one.to * 0x1234 + index) << 12n) | 0x8000_0000_0000_0063n;
      machine.emit({ type: 'pte.written', table: pfn(one.table), index, before, after } as BootEvent);
    }
}

interface Recording {
  readonly rounds: readonly (readonly Fact[])[];
  /** By round, whether a state is stored after it. */
  readonly stored: readonly boolean[];
}
const recording: fc.Arbitrary<Recording> = fc
  .array(fc.tuple(fc.array(fact, { minLength: 1, maxLength: 6 }), fc.boolean()), { minLength: 1, maxLength: 30 })
  .map((rounds) => ({ rounds: rounds.map(([facts]) => facts), stored: rounds.map(([, isStored]) => isStored) }));

/** A batch a round; what is stored beside them is what a recording would store, only more often. */
function record({ rounds, stored }: Recording, writer: TraceWriter): readonly EventBatch[] {
  const batches: EventBatch[] = [];
  const machine = new LiveMachine(kernel, (batch) => batches.push(batch));
  const keeper = new StateKeeper(machine.view);
  for (const [i, facts] of rounds.entries()) {
    for (const one of facts) happen(machine, one);
    const known = batches.length;
    machine.flush();
    for (const batch of batches.slice(known)) writer.append(batch);
    keeper.count(machine.view.pages);
    if (!stored[i]!) continue;
    // As if the log were long: then pages are worth storing.
    const { checkpoint, parts } = keeper.take(machine.settled(), 4096);
    writer.putCheckpoint(checkpoint, parts);
  }
  return batches;
}

function expectSame(lazy: MachineState, straight: MachineState): void {
  const cr3 = straight.control.registers['cr3']!;
  for (const address of [0n, cr3, 0xffff_ffff_ff20_0000n])
    expect(walk(lazy, vaddr(address))).toEqual(walk(straight, vaddr(address)));
  expect(lazy.pages.tables()).toEqual(straight.pages.tables());
  expect(lazy.pages.size).toBe(straight.pages.size);
  for (const one of straight.pages.tables()) expect(lazy.pages.info(one)).toEqual(straight.pages.info(one));
  expect(compareStates(lazy, straight)).toEqual([]);
  expect(stateHash(lazy)).toBe(stateHash(straight));
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 });

describe('a place that is gone to without folding what lies before it', () => {
  it('is the machine that a fold from power-on gives, in a trace file', () => {
    let count = 0;
    fc.assert(
      fc.property(recording, places, fc.boolean(), (what, parts, isFinished) => {
        const path = join(folder, `${count++}.kwind`);
        const writer = createTrace(path, headerFor(kernel));
        const batches = record(what, writer);
        // Of one that was stopped, and of one that goes on, the last batches are in no index.
        if (isFinished) writer.finish();
        else writer.flush();
        const reader = openTrace(path);
        const timeline = new Timeline(reader, kernel);
        for (const part of parts) {
          const position = Math.round(part * timeline.length);
          expectSame(timeline.at(position).state, foldTo(batches, position));
        }
        reader.close();
        if (!isFinished) writer.abort();
      }),
      { numRuns: 40 },
    );
  });

  it('shows single entries, and the last store to each, as that fold does', () => {
    let count = 0;
    fc.assert(
      fc.property(recording, places, fc.nat(511), fc.boolean(), (what, parts, index, isFinished) => {
        const path = join(folder, `entries-${count++}.kwind`);
        const writer = createTrace(path, headerFor(kernel));
        const batches = record(what, writer);
        if (isFinished) writer.finish();
        else writer.flush();
        const reader = openTrace(path);
        const stores = batches
          .flatMap((batch) => [...batch])
          .filter((event) => event.type === 'pte.written')
          .map(({ seq, table, index: entry }) => ({ seq, table, entry }));
        for (const part of parts) {
          const position = Math.round(part * reader.length);
          const { state } = new Timeline(reader, kernel).at(position);
          const straight = foldTo(batches, position);
          const nearby = stores.findLast(({ seq }) => seq < position);
          const looks = [nearby?.table ?? 0x100, 0x100, 0x2000, 0x9_0000, 0x777].map((one) => ({ one, index }));
          if (nearby) looks.unshift({ one: nearby.table, index: nearby.entry });
          for (const look of looks) {
            expect(state.pages.entry(look.one, look.index)).toBe(straight.pages.entry(look.one, look.index));
            expect(state.pages.info(look.one)).toEqual(straight.pages.info(look.one));
            const last = stores.findLast(
              ({ seq, table: of, entry }) => seq <= position - 2 && of === look.one && entry === look.index,
            );
            const found = new Timeline(reader, kernel).find(
              position,
              entriesChange([entryAt(look.one, look.index)]),
              'backward',
            );
            // An entry may also be emptied by making a table of its page.
            if (found.kind === 'hit' && found.seq !== last?.seq)
              expect(batches.flatMap((batch) => [...batch])[found.seq]!.type).toBe('table.allocated');
            else expect(found.kind === 'hit' ? found.seq : undefined).toBe(last?.seq);
          }
        }
        reader.close();
        if (!isFinished) writer.abort();
      }),
      { numRuns: 40 },
    );
  });

  it('is the same when pages are looked at in any order, at places near and far', () => {
    fc.assert(
      fc.property(recording, places, (what, parts) => {
        const trace = memoryTrace([], headerFor(kernel));
        const batches = record(what, trace);
        const timeline = new Timeline(trace, kernel);
        const visited = parts.flatMap((part) => {
          const at = timeline.at(Math.round(part * timeline.length));
          return [at, timeline.step(at, -1), timeline.step(at, 1), timeline.step(at, -7)];
        });
        for (const { position, state } of visited.toReversed()) expectSame(state, foldTo(batches, position));
      }),
      { numRuns: 40 },
    );
  });
});

const scripts = readdirSync('traces/scripts').filter((name) => name.endsWith('.kws'));

describe('a place in a boot with a planted bug', () => {
  it.each(scripts)('%s is the machine that a fold from power-on gives', async (script) => {
    const path = join(folder, `${script}.kwind`);
    await kwind(['record', join('traces/scripts', script), '-o', path]);
    const whole = openTrace(path);
    const batches: EventBatch[] = [];
    for (let seq = 0; seq < whole.length;) {
      batches.push(whole.batchContaining(seq));
      seq = batches.at(-1)!.firstSeq + batches.at(-1)!.length;
    }
    whole.close();
    const small = resplit(batches, [37]);
    const trace = memoryTrace([], headerFor(kernel));
    const keeper = new StateKeeper(initialState(kernel));
    let live = initialState(kernel);
    const states: MachineState[] = [];
    for (const [i, batch] of small.entries()) {
      trace.append(batch);
      live = reduceAll(live, [batch]);
      states.push(live);
      keeper.count(live.pages);
      if (i % 5 !== 4) continue;
      const { checkpoint, parts } = keeper.take(live, 4096);
      trace.putCheckpoint(checkpoint, parts);
    }
    const timeline = new Timeline(trace, kernel);
    expect(timeline.length).toBe(live.position);
    const step = Math.max(1, Math.floor(states.length / 6));
    for (let i = states.length - 1; i >= 0; i -= step) expectSame(timeline.at(states[i]!.position).state, states[i]!);
  });
});

describe('what is wrong in a trace', () => {
  const written = (before: bigint, after: bigint): BootEvent =>
    ({ type: 'pte.written', table: pfn(5), index: 7, before, after }) as BootEvent;

  it('is said by who looks at the page in the words of who folds the events', () => {
    const builder = new BatchBuilder();
    for (const event of [written(0n, 0x63n), written(0x61n, 0n)]) builder.append(event);
    const batch = builder.freeze();
    const timeline = new Timeline(memoryTrace([batch], headerFor(kernel)), kernel);
    const message = /event 1 says that entry 7 .* held 0x61, but it holds 0x63/;
    expect(() => reduceAll(initialState(kernel), [batch])).toThrow(message);
    expect(() => timeline.at(2).state.pages.entry(pfn(5), 7)).toThrow(message);
    expect(timeline.at(1).state.pages.entry(pfn(5), 7)).toBe(0x63n);
  });

  it('is said of a stored page that is not what was stored', () => {
    const path = join(folder, 'damaged.kwind');
    const writer = createTrace(path, headerFor(kernel));
    const facts = Array.from({ length: 9 }, (_, i): Fact => ({
      kind: 'store',
      table: 5,
      index: 20 * i,
      run: 9,
      to: 2,
    }));
    record({ rounds: [facts, facts], stored: [true, false] }, writer);
    writer.finish();
    const db = new Database(path);
    const { changes } = db
      .prepare("UPDATE part SET body = CAST(substr(body, 1, 9) || x'ff' || substr(body, 11) AS BLOB) WHERE part > 0")
      .run();
    db.close();
    expect(changes).toBeGreaterThan(0);
    const reader = openTrace(path);
    const { state } = new Timeline(reader, kernel).at(reader.length);
    expect(() => state.pages.entry(pfn(5), 0)).toThrow(/cannot be unpacked|no longer match/);
    reader.close();
  });
});
