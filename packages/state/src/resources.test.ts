import { describe, expect, it } from 'vitest';
import { IOMEM_RESOURCE, IOPORT_RESOURCE, IORESOURCE, profile, resourcePointer, ToolError } from '@kwind/x86';
import type { BootEvent } from '@kwind/events';
import { given } from '@kwind/testkit';
import {
  checkInvariants,
  compareStates,
  decodeState,
  e820At,
  e820Table,
  encodeState,
  evaluate,
  initialState,
  machineScope,
  parseExpression,
  resourceById,
  resourceList,
  resourcesAt,
  resourceTree,
  stateHash,
  strayResources,
  treeOf,
  type MachineState,
} from './index.ts';

const linux = profile('linux-6.1');
const [bus, rtc, dma] = [2, 3, 4].map(resourcePointer) as [bigint, bigint, bigint];

const created = (id: bigint, start: bigint, end: bigint, name: string): BootEvent => ({
  type: 'resource.created',
  id,
  start,
  end,
  name,
  flags: IORESOURCE.IO,
  desc: 0,
});
const claimed = (id: bigint, start: bigint, end: bigint, name: string, parent: bigint): BootEvent => ({
  type: 'resource.claimed',
  id,
  start,
  end,
  name,
  parent,
});
const made = (id: bigint, start: bigint, end: bigint, name: string, parent: bigint): BootEvent[] => [
  created(id, start, end, name),
  claimed(id, start, end, name, parent),
];

const after = (events: readonly BootEvent[]): MachineState =>
  given(linux).when((k) => events.forEach((event) => k.emit(event))).state;
const names = (state: MachineState): string[] =>
  resourceList(state, 'ioport').map(({ name, depth }) => `${'  '.repeat(depth)}${name}`);
const ask = (state: MachineState, text: string) =>
  evaluate(parseExpression(text), machineScope(linux), { view: state });

const busWithTwo: readonly BootEvent[] = [
  ...made(rtc, 0x70n, 0x77n, 'rtc', IOPORT_RESOURCE),
  ...made(dma, 0x00n, 0x1fn, 'dma1', IOPORT_RESOURCE),
  created(bus, 0n, 0xcf7n, 'PCI Bus 0000:00'),
  { type: 'resource.reparented', id: dma, start: 0n, end: 0x1fn, name: 'dma1', before: IOPORT_RESOURCE, after: bus },
  { type: 'resource.reparented', id: rtc, start: 0x70n, end: 0x77n, name: 'rtc', before: IOPORT_RESOURCE, after: bus },
  { type: 'resource.inserted', id: bus, start: 0n, end: 0xcf7n, name: 'PCI Bus 0000:00', parent: IOPORT_RESOURCE },
];

describe('the trees at power-on', () => {
  it('are two roots with nothing below them', () => {
    const state = initialState(linux);
    expect(resourceTree(state, 'ioport')).toMatchObject({
      name: 'PCI IO',
      start: 0n,
      end: 0xffffn,
      flags: 0x100n,
      depth: -1,
      children: [],
    });
    expect(resourceTree(state, 'iomem')).toMatchObject({
      name: 'PCI mem',
      start: 0n,
      end: 0xffff_ffff_ffff_ffffn,
      flags: 0x200n,
      children: [],
    });
    expect(state.control.resources.created).toBe(2);
    expect(e820Table(state)).toEqual([]);
  });
});

describe('resource events', () => {
  it('keep every list in the order of addresses', () => {
    const state = after(busWithTwo);
    expect(names(state)).toEqual(['PCI Bus 0000:00', '  dma1', '  rtc']);
    expect(checkInvariants(state)).toEqual([]);
    expect([treeOf(state, rtc), treeOf(state, 0x1234n)]).toEqual(['ioport', undefined]);
    expect(resourcesAt(state, 'ioport', 0x75n).map((node) => node.name)).toEqual(['PCI Bus 0000:00', 'rtc']);
  });

  it('rename, adjust, flag and release in place', () => {
    const state = after([
      ...busWithTwo,
      { type: 'resource.renamed', id: rtc, before: 'rtc', after: 'rtc0' },
      {
        type: 'resource.adjusted',
        id: rtc,
        name: 'rtc0',
        start: 0x70n,
        end: 0x71n,
        startBefore: 0x70n,
        endBefore: 0x77n,
      },
      {
        type: 'resource.flagged',
        id: rtc,
        before: IORESOURCE.IO,
        after: IORESOURCE.IO | IORESOURCE.BUSY,
        descBefore: 0,
        desc: 3,
      },
      { type: 'resource.released', id: dma, start: 0n, end: 0x1fn, name: 'dma1', parent: bus },
    ]);
    expect(resourceById(state, rtc)).toMatchObject({
      name: 'rtc0',
      end: 0x71n,
      flags: 0x8000_0100n,
      desc: 3,
      parent: bus,
    });
    expect(strayResources(state).map((node) => node.id)).toEqual([dma]);
    expect(resourceById(state, dma)!.parent).toBe(0n);
  });

  it('forget what is freed, but not while a sleeping request is going to look below it', () => {
    const freed: BootEvent = { type: 'resource.freed', id: dma, start: 0n, end: 0x1fn, name: 'dma1' };
    const waiting: BootEvent = {
      type: 'resource.waiting',
      id: rtc,
      start: 0x70n,
      end: 0x77n,
      name: 'rtc',
      other: dma,
      parent: dma,
      flags: 0n,
    };
    const two = [created(rtc, 0x70n, 0x77n, 'rtc'), created(dma, 0n, 0x1fn, 'dma1')];
    expect(resourceById(after([...two, freed]), dma)).toBeUndefined();
    const kept = after([...two, waiting, freed]);
    expect(resourceById(kept, dma)).toMatchObject({ freed: true });
    expect(kept.control.resources.waiters).toEqual([{ id: rtc, parent: dma, flags: 0n }]);
    const woken = after([
      ...two,
      waiting,
      { type: 'resource.woken', id: rtc, start: 0x70n, end: 0x77n, name: 'rtc', parent: dma },
    ]);
    expect(woken.control.resources.waiters).toEqual([]);
  });

  it('that were lost still point to their parent', () => {
    const state = after([
      ...busWithTwo,
      { type: 'resource.lost', id: dma, start: 0n, end: 0x1fn, name: 'dma1', parent: bus },
    ]);
    expect(resourceById(state, dma)!.parent).toBe(bus);
    expect(treeOf(state, dma)).toBeUndefined();
    expect(names(state)).toEqual(['PCI Bus 0000:00', '  rtc']);
  });

  it('that would hang a resource below itself are refused', () => {
    const below = (id: bigint, parent: bigint): BootEvent => claimed(id, 0n, 0xcf7n, 'x', parent);
    expect(() => after([below(IOPORT_RESOURCE, IOPORT_RESOURCE)])).toThrow('would hang below itself');
    expect(() => after([...busWithTwo, below(bus, rtc)])).toThrow('would hang below itself');
  });

  it('may link resources to any depth, and a resource twice: it is listed once', () => {
    const chain = Array.from({ length: 9000 }, (_, i) => resourcePointer(i + 2));
    const deep = after(
      chain.flatMap((id, i) => made(id, 0n, 0xffffn, `r${i}`, i === 0 ? IOPORT_RESOURCE : chain[i - 1]!)),
    );
    expect(resourceList(deep, 'ioport').at(-1)).toMatchObject({ name: 'r8999', depth: 8999 });
    const twice = after([...made(rtc, 0n, 7n, 'rtc', IOPORT_RESOURCE), claimed(rtc, 0n, 7n, 'rtc', IOPORT_RESOURCE)]);
    expect(names(twice)).toEqual(['rtc']);
  });

  it('of a resource that does not exist are a damaged trace', () => {
    expect(() => after([{ type: 'resource.renamed', id: 0x1234n, before: '', after: 'x' }])).toThrow(ToolError);
    expect(() =>
      after([
        {
          type: 'e820.changed',
          entry: 3,
          start: 0n,
          size: 0n,
          kind: 0,
          startBefore: 0n,
          sizeBefore: 0n,
          kindBefore: 0,
        },
      ]),
    ).toThrow(/entry 3 of the memory map/);
  });
});

describe('the memory map', () => {
  const state = after([
    { type: 'e820.added', entry: 0, start: 0n, size: 0x9_fc00n, kind: 1 },
    { type: 'e820.added', entry: 1, start: 0xffff_ffff_0000_0000n, size: 0x1000n, kind: 0xefff_ffff },
    {
      type: 'e820.changed',
      entry: 0,
      start: 0x1000n,
      size: 0x9_ec00n,
      kind: 1,
      startBefore: 0n,
      sizeBefore: 0x9_fc00n,
      kindBefore: 1,
    },
  ]);

  it('holds entries with their words', () => {
    expect(e820Table(state).map(({ index, end, text }) => [index, end, text])).toEqual([
      [0, 0x9_fbffn, 'usable'],
      [1, 0xffff_ffff_0000_0fffn, 'soft reserved'],
    ]);
    expect([e820At(state, 0x1000n)?.index, e820At(state, 0xfffn)?.index]).toEqual([0, undefined]);
  });

  it('is replaced as a whole', () => {
    const replaced = given(state).when((k) =>
      k.emit({ type: 'e820.replaced', before: 2, entries: [0x1000n, 0x2000n, 2n] }),
    ).state;
    expect(replaced.control.e820).toEqual([{ start: 0x1000n, size: 0x2000n, type: 2 }]);
  });
});

describe('a machine with resources', () => {
  const state = after([...busWithTwo, { type: 'e820.added', entry: 0, start: 0n, size: 0x9_fc00n, kind: 1 }]);

  it('comes back from its bytes, and differs from another by path', () => {
    const copy = decodeState(encodeState(state), linux);
    expect(stateHash(copy)).toBe(stateHash(state));
    expect(compareStates(copy, state)).toEqual([]);
    const renamed = given(state).when((k) =>
      k.emit({ type: 'resource.renamed', id: rtc, before: 'rtc', after: 'rtc0' }),
    ).state;
    expect(compareStates(state, renamed)).toEqual([
      { path: `resources.nodes.${rtc.toString(16)}.name`, a: 'rtc', b: 'rtc0' },
    ]);
  });

  it('shares what did not change with the state before', () => {
    const renamed = given(state).when((k) =>
      k.emit({ type: 'resource.renamed', id: rtc, before: 'rtc', after: 'rtc0' }),
    ).state;
    expect(renamed.control.resources.nodes[bus.toString(16)]).toBe(state.control.resources.nodes[bus.toString(16)]);
    expect(renamed.control.e820).toBe(state.control.e820);
    expect(Object.isFrozen(renamed.control.resources.nodes[rtc.toString(16)])).toBe(true);
  });

  it('answers expressions', () => {
    expect(ask(state, 'ioport_at(0x70).name')).toBe('rtc');
    expect(ask(state, 'ioport_at(0x70).parent')).toBe(bus);
    expect(ask(state, 'ioport_at(0x7000).name')).toBeNull();
    expect(ask(state, 'ioports[0].children')).toBe(2n);
    expect(ask(state, 'iomem.length')).toBe(0n);
    expect(ask(state, `resource_of(${rtc}).tree`)).toBe('ioport');
    expect(ask(state, 'sleeping_requests')).toBe(0n);
    expect(ask(state, 'e820_at(0x1000).text')).toBe('usable');
    expect(ask(state, 'e820[0].end')).toBe(0x9_fbffn);
  });
});

describe('what must hold between resources', () => {
  it.each<[string, readonly BootEvent[]]>([
    [
      'rtc [io  0x0070-0x0077] sticks out of PCI IO [io  0x0000-0xffff]',
      [
        {
          type: 'resource.adjusted',
          id: IOPORT_RESOURCE,
          name: 'PCI IO',
          start: 0n,
          end: 0x6fn,
          startBefore: 0n,
          endBefore: 0xffffn,
        },
      ],
    ],
    ['rtc [io  0x0070-0x0077] is not behind bad [io  0x0000-0x0070]', made(bus, 0n, 0x70n, 'bad', IOPORT_RESOURCE)],
    ['(null) [io  0x0100-0x000f] ends before it starts', made(bus, 0x100n, 0xfn, '', IOPORT_RESOURCE)],
    [
      'PCI IO [io  0x0000-0xffff] lists a resource that does not exist',
      [{ type: 'resource.freed', id: rtc, start: 0x70n, end: 0x77n, name: 'rtc' }],
    ],
  ])('is missed: %s', (sentence, events) => {
    const broken = checkInvariants(after([...made(rtc, 0x70n, 0x77n, 'rtc', IOPORT_RESOURCE), ...events]));
    expect(broken).toContain(
      sentence.replace(
        'PCI IO [io  0x0000-0xffff]',
        sentence.includes('sticks') ? 'PCI IO [io  0x0000-0x006f]' : 'PCI IO [io  0x0000-0xffff]',
      ),
    );
  });

  it('is missed by a child that points elsewhere', () => {
    const both = [
      ...made(rtc, 0x70n, 0x77n, 'rtc', IOPORT_RESOURCE),
      claimed(rtc, 0x70n, 0x77n, 'rtc', IOMEM_RESOURCE),
    ];
    expect(checkInvariants(after(both))).toEqual([
      'rtc [io  0x0070-0x0077] is listed by PCI IO [io  0x0000-0xffff] and points elsewhere',
    ]);
  });
});
