import type { BootEvent, EventView } from '@kwind/events';
import { resourceRoots, type PhysAddr, type Vaddr } from '@kwind/x86';
import { describe, expect, it } from 'vitest';
import { describeEvent } from './event.ts';

const names: Readonly<Record<string, string>> = { '128': 'PCI Bus 0000:00', '192': 'rtc' };
const told = (event: BootEvent): string =>
  describeEvent({ ...event, seq: 1, cause: 0, depth: 0 } as EventView, {
    tableName: () => '',
    resourceName: (id) => names[String(id)] ?? '',
    chain: () => [],
  });
const rtc = { id: 192n, start: 0x70n, end: 0x77n, name: 'rtc' };
const phys = (value: bigint): PhysAddr => value as PhysAddr;
const area = { start: 0xffff_c900_0000_8000n as Vaddr, end: 0xffff_c900_0000_a000n as Vaddr };
const device = { start: phys(0xfebf_0000n), end: phys(0xfec0_0000n) };

const cases: readonly (readonly [BootEvent, string])[] = [
  [{ type: 'resource.created', ...rtc, flags: 0x8000_0100n, desc: 0 }, 'rtc [io  0x0070-0x0077]  busy'],
  [{ type: 'resource.claimed', ...rtc, parent: resourceRoots.ioport }, 'rtc 0x70-0x77  under ioport_resource'],
  [
    { type: 'resource.inserted', ...rtc, parent: 128n },
    'rtc 0x70-0x77  under PCI Bus 0000:00, over what is now below it',
  ],
  [
    { type: 'resource.reparented', ...rtc, before: resourceRoots.ioport, after: 128n },
    'rtc 0x70-0x77  from ioport_resource to PCI Bus 0000:00',
  ],
  [{ type: 'resource.released', ...rtc, parent: 128n }, 'rtc 0x70-0x77  from under PCI Bus 0000:00'],
  [{ type: 'resource.freed', ...rtc, name: '' }, '(null) 0x70-0x77'],
  [{ type: 'resource.lost', ...rtc, parent: 77n }, 'rtc 0x70-0x77  fell out of 0x4d, not released'],
  [{ type: 'resource.adjusted', ...rtc, startBefore: 0x70n, endBefore: 0x71n }, 'rtc 0x70-0x71 -> 0x70-0x77'],
  [{ type: 'resource.renamed', id: 192n, before: 'rtc_cmos', after: 'rtc0' }, 'rtc_cmos -> rtc0'],
  [
    { type: 'resource.flagged', id: 192n, before: 0x100n, after: 0x8000_0100n, descBefore: 0, desc: 2 },
    'rtc  flags 0x100 -> 0x80000100, desc 0 -> 2',
  ],
  [
    {
      type: 'resource.conflicted',
      ...rtc,
      other: 5n,
      otherStart: 0x70n,
      otherEnd: 0x71n,
      otherName: 'evil\u001b[2J',
      reason: 'busy',
      outcome: 'refused',
    },
    'rtc 0x70-0x77  is taken by busy evil\\e[2J 0x70-0x71: refused',
  ],
  [
    { type: 'resource.waiting', ...rtc, other: 128n, parent: 0n, flags: 0n },
    'rtc 0x70-0x77  waits for muxed PCI Bus 0000:00',
  ],
  [{ type: 'resource.woken', ...rtc, parent: 0n }, 'rtc 0x70-0x77  looks again under NULL'],
  [{ type: 'e820.added', entry: 3, start: 0x1000n, size: 0x1000n, kind: 1 }, 'e820[3]  0x1000-0x1fff RAM'],
  [
    {
      type: 'e820.changed',
      entry: 0,
      start: 0n,
      size: 0n,
      kind: 0,
      startBefore: 0n,
      sizeBefore: 0x1000n,
      kindBefore: 2,
    },
    'e820[0]  0x0-0xfff RESERVED -> empty',
  ],
  [{ type: 'e820.replaced', before: 1, entries: [0n, 1n, 1n, 2n, 3n, 2n] }, '1 entry -> 2 entries'],
  [
    { type: 'area.claimed', ...area, phys: phys(0xfebf_0000n), flags: 1, pages: 0, caller: 'ahci_init_one+0x2a/0x60' },
    '0xffffc90000008000-0xffffc9000000a000  phys 0xfebf0000  for ahci_init_one+0x2a/0x60',
  ],
  [{ type: 'area.released', ...area }, '0xffffc90000008000-0xffffc9000000a000  not free before it is purged'],
  [{ type: 'area.purged', ...area }, '0xffffc90000008000-0xffffc9000000a000  free again'],
  [{ type: 'memory.reserved', ...device, name: 'initrd' }, '0xfebf0000-0xfebfffff  initrd'],
  [
    { type: 'memtype.reserved', ...device, wanted: 'WC', held: 'UC-' },
    '0xfebf0000-0xfebfffff  UC-, not WC as asked for',
  ],
  [{ type: 'memtype.freed', ...device, held: 'UC-' }, '0xfebf0000-0xfebfffff  UC-'],
  [
    {
      type: 'memtype.conflicted',
      ...device,
      wanted: 'WB',
      heldStart: phys(0xfebe_0000n),
      heldEnd: phys(0xfec0_0000n),
      held: 'UC-',
    },
    '0xfebf0000-0xfebfffff wants WB  against 0xfebe0000-0xfebfffff that is UC-',
  ],
  [{ type: 'memtype.pages-marked', ...device, before: 'WB', after: 'WC' }, '0xfebf0000-0xfebfffff  WB -> WC'],
];

describe('events about resources, the memory map, areas and memory types', () => {
  it.each(cases)('$type', (event, text) => {
    expect(told(event)).toBe(text);
  });
});
