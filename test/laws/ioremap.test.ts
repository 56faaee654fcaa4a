import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheModes, physAddr, profile, vaddr, vmallocEnd, type KernelProfile } from '@kwind/x86';
import type { EventBatch } from '@kwind/events';
import { procVmallocinfo, ptdump } from '@kwind/exporters';
import { parsePtdump, parseVmallocinfo, type PtdumpRow } from '@kwind/importers';
import {
  boot,
  ioremapAlign,
  ioremapCaller,
  iounmap,
  memInit,
  vfree,
  vmallocInit,
  vmallocNode,
  vmUnmapAliases,
} from '@kwind/kernel';
import { LiveMachine } from '@kwind/recorder';
import {
  checkInvariants,
  encodeState,
  initialState,
  lazyAreas,
  memtypeList,
  reduce,
  vmapAreas,
  walk,
  type MachineState,
} from '@kwind/state';
import { initMmRoot } from '../../packages/kernel/src/mm/kernel_tables.ts';

type Call =
  | { readonly do: 'map'; readonly phys: bigint; readonly size: bigint; readonly mode: number }
  | { readonly do: 'alloc'; readonly size: bigint; readonly align: bigint }
  | { readonly do: 'unmap'; readonly pick: number }
  | { readonly do: 'purge' };

const phys = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt(0xe000_0000n, 0xffff_ffffn) },
  { weight: 2, arbitrary: fc.bigInt(0x700n, 0x7ffn).map((page) => page << 21n) },
  { weight: 1, arbitrary: fc.bigInt(0n, 0xf_ffffn) },
);
const size = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt(1n, 0x5000n) },
  { weight: 1, arbitrary: fc.constantFrom(0x20_0000n, 0x1f_f000n, 0x40_0000n, 0x20_1000n) },
);
const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('map' as const), phys, size, mode: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('alloc' as const),
      size: fc.bigInt(1n, 0x4000n),
      align: fc.constantFrom(1n, 0x4000n),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('unmap' as const), pick: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'purge' as const }) },
);

interface Run {
  readonly machine: LiveMachine;
  readonly batches: readonly EventBatch[];
}

function run(target: KernelProfile, calls: readonly Call[]): Run {
  const batches: EventBatch[] = [];
  const machine = new LiveMachine(target, (batch) => batches.push(batch));
  boot(machine);
  memInit(machine);
  vmallocInit(machine);
  for (const one of calls) apply(machine, one);
  machine.flush();
  return { machine, batches };
}

function apply(machine: LiveMachine, one: Call): void {
  const areas = vmapAreas(machine.view);
  if (one.do === 'map') ioremapCaller(machine, one.phys, one.size, cacheModes[one.mode]!);
  else if (one.do === 'alloc') vmallocNode(machine, one.size, one.align);
  else if (one.do === 'purge') vmUnmapAliases(machine);
  else if (areas.length > 0) {
    const area = areas[one.pick % areas.length]!;
    if (area.kind === 'ioremap') iounmap(machine, area.start + 0x123n);
    else vfree(machine, area.start);
  }
}

const names = ['linux-4.4', 'linux-4.19', 'linux-6.1', 'linux-6.12'];
const machines = fc
  .tuple(fc.constantFrom(...names), fc.constantFrom([], ['la57=y'], ['gbpages=y']))
  .map(([name, options]) => profile(name, name === 'linux-4.4' && options[0] === 'la57=y' ? [] : options));

/** What rows of a dump say of an address. */
const rowAt = (rows: readonly PtdumpRow[], address: bigint): PtdumpRow =>
  rows.find((row) => row.start <= address && (row.end === 0n || address < row.end))!;

function checkRows(state: MachineState, machine: LiveMachine): void {
  const { rows } = parsePtdump(ptdump(state));
  const root = physAddr(BigInt(initMmRoot(machine)) << 12n);
  const edges = vmapAreas(state).flatMap((area) => [area.start, area.end - 0x1000n, area.end]);
  for (const address of edges) {
    const found = walk(state, vaddr(address), root);
    const row = rowAt(rows, address);
    const leaf = found.kind === 'mapped' ? found.steps.at(-1)!.entry : 0n;
    expect((row.flags & 1n) !== 0n).toBe(found.kind === 'mapped');
    if (found.kind === 'mapped')
      expect([row.level, row.flags & 0x1bn, row.flags >> 63n]).toEqual([found.leaf, leaf & 0x1bn, leaf >> 63n]);
  }
}

describe('after any calls of ioremap, vmalloc and their like', () => {
  it('areas are disjoint and aligned, their pages map what was asked for, and their guard pages nothing', () => {
    fc.assert(
      fc.property(machines, fc.array(call, { maxLength: 25 }), (target, calls) => {
        const { machine } = run(target, calls);
        const state = machine.snapshot();
        expect(checkInvariants(state)).toEqual([]);
        for (const area of vmapAreas(state)) {
          expect(area.start).toBeGreaterThanOrEqual(target.vmallocStart);
          expect(area.end).toBeLessThanOrEqual(vmallocEnd(target));
          if (area.kind === 'ioremap') expect(area.start % ioremapAlign(machine, area.size)).toBe(0n);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('the printed files say what the machine holds, and are read back', () => {
    fc.assert(
      fc.property(machines, fc.array(call, { maxLength: 25 }), (target, calls) => {
        const { machine } = run(target, calls);
        const state = machine.snapshot();
        const back = parseVmallocinfo(procVmallocinfo(state)).areas.filter((area) => !area.unpurged);
        expect(
          back.map(({ start, end, pages, phys: at, kind }) => ({ start, end, pages, phys: at ?? 0n, kind })),
        ).toEqual(
          vmapAreas(state).map(({ start, end, pages, phys: at, kind }) => ({ start, end, pages, phys: at, kind })),
        );
        checkRows(state, machine);
      }),
      { numRuns: 40 },
    );
  });

  it('nothing is left once everything is unmapped and purged: no area, no note, no entry', () => {
    fc.assert(
      fc.property(machines, fc.array(call, { maxLength: 25 }), (target, calls) => {
        const { machine } = run(target, calls);
        while (vmapAreas(machine.view).length > 0) apply(machine, { do: 'unmap', pick: 0 });
        vmUnmapAliases(machine);
        const state = machine.snapshot();
        expect([lazyAreas(state), memtypeList(state), state.control.memtypes.pages]).toEqual([[], [], []]);
        const { rows } = parsePtdump(ptdump(state));
        const mapped = rows.filter(
          (row) => row.flags !== 0n && row.start >= target.vmallocStart && row.start < vmallocEnd(target),
        );
        expect(mapped).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('the recording, folded again, gives the same machine', () => {
    fc.assert(
      fc.property(machines, fc.array(call, { maxLength: 25 }), (target, calls) => {
        const { machine, batches } = run(target, calls);
        const folded = batches.reduce((state, batch) => reduce(state, batch), initialState(target));
        expect(Buffer.from(encodeState(folded))).toEqual(Buffer.from(encodeState(machine.snapshot())));
      }),
      { numRuns: 30 },
    );
  });
});
