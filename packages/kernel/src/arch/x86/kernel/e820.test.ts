import { describe, expect, it } from 'vitest';
import { E820, IOMEM_RESOURCE, IORESOURCE, profile, type E820Entry } from '@kwind/x86';
import type { BootEvent } from '@kwind/events';
import { given } from '@kwind/testkit';
import type { KernelContext } from '../../../context.ts';
import { checkInvariants, resourceList, type MachineView } from '@kwind/state';
import { insertResource } from '../../../kernel/resource/insert.ts';
import { resource } from '../../../kernel/resource/node.ts';
import {
  e820MappedAll,
  e820MemorySetup,
  e820PrintTable,
  e820RangeAdd,
  e820ReserveResources,
  e820ReserveResourcesLate,
  e820SetupPciGap,
} from './e820.ts';
import { probeRoms } from './probe_roms.ts';
import {
  e820AddKernelRange,
  insertKernelResources,
  reserveStandardIoResources,
  trimBiosRange,
} from './setup/resources.ts';
import { cutIomemResource } from '../../../kernel/resource.ts';

const p61 = profile('linux-6.1');
const book = profile('linux-insides');

const messages = (then: { readonly facts: readonly BootEvent[] }): string[] =>
  then.facts.flatMap((fact) => (fact.type === 'message.printed' ? [`${fact.level} ${fact.text}`] : []));
const table = (view: MachineView): string[] =>
  view.control.e820.map(({ start, size, type }) => `${start.toString(16)}+${size.toString(16)} ${type}`);
const listed = (view: MachineView): string[] =>
  resourceList(view, 'iomem').map(
    ({ start, end, name, depth }) => `${'  '.repeat(depth)}${start.toString(16)}-${end.toString(16)} ${name}`,
  );

const smallPc: readonly E820Entry[] = [
  { start: 0n, size: 0x9_fc00n, type: E820.RAM },
  { start: 0x9_fc00n, size: 0x400n, type: E820.RESERVED },
  { start: 0xf_0000n, size: 0x1_0000n, type: E820.RESERVED },
  { start: 0x10_0000n, size: 0x1fee_0000n, type: E820.RAM },
  { start: 0x1ffe_0000n, size: 0x2_0000n, type: E820.RESERVED },
  { start: 0xfffc_0000n, size: 0x4_0000n, type: E820.RESERVED },
  { start: 0xfd_0000_0000n, size: 0x3_0000_0000n, type: E820.RESERVED },
];

describe('the firmware’s map', () => {
  it.each([
    ['linux-6.1', 'BIOS-provided physical RAM map:'],
    ['linux-4.4', 'e820: BIOS-provided physical RAM map:'],
  ])('is copied and printed by %s', (name, head) => {
    const then = given(profile(name)).when((k) => e820MemorySetup(k, { entries: smallPc }));
    expect(messages(then).slice(0, 2)).toEqual([
      `INFO ${head}`,
      'INFO BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable',
    ]);
    expect(messages(then)).toHaveLength(8);
  });

  it('is sanitised before it is copied up to 4.11, and after that since', () => {
    const overlapping = [
      { start: 0n, size: 0x3000n, type: E820.RAM },
      { start: 0x1000n, size: 0x1000n, type: E820.RESERVED },
    ];
    const facts = (name: string) => given(profile(name)).when((k) => e820MemorySetup(k, { entries: overlapping }));
    const [old, fresh] = [facts('linux-4.4'), facts('linux-4.14')];
    expect(table(old.state)).toEqual(table(fresh.state));
    old.thenNoFact('e820.replaced').thenAmongFacts('call.entered e820_add_region', 'call.entered e820_print_map');
    fresh.thenAmongFacts(
      'call.entered e820__range_add',
      'call.entered e820__update_table',
      'e820.replaced',
      'call.entered e820__print_table',
    );
  });

  it.each([
    [{ entries: [smallPc[0]!], altMemK: 0x1000n, extMemK: 0xfc00n }, 'BIOS-88', '100000+3f00000 1'],
    [
      {
        entries: [...smallPc, { start: 1n << 63n, size: (1n << 63n) + 1n, type: 1 }],
        altMemK: 0xfc00n,
        extMemK: 0x1000n,
      },
      'BIOS-e801',
      '100000+3f00000 1',
    ],
  ])('that is no good is replaced by a guess: %#', (memory, who, high) => {
    const then = given(p61).when((k) => e820MemorySetup(k, memory));
    expect(table(then.state)).toEqual(['0+9f000 1', high]);
    expect(messages(then)[1]).toContain(`${who}: [mem 0x0000000000000000-0x000000000009efff] usable`);
  });
});

type Row = readonly [name: string, start: bigint, end: bigint];

const image: readonly Row[] = [
  ['Kernel code', 0x100_0000n, 0x1e0_1d31n],
  ['Kernel rodata', 0x200_0000n, 0x28e_afffn],
  ['Kernel data', 0x2a0_0000n, 0x2c4_897fn],
  ['Kernel bss', 0x331_0000n, 0x43f_ffffn],
];
const devices: readonly Row[] = [
  ['PCI Bus 0000:00', 0xa_0000n, 0xb_ffffn],
  ['PCI Bus 0000:00', 0x2000_0000n, 0xfebf_ffffn],
  ['PCI Bus 0000:00', 0x1_0000_0000n, 0x1_7fff_ffffn],
  ['PNP0103:00', 0xfed0_0000n, 0xfed0_03ffn],
  ['0000:00:03.0', 0xfebc_0000n, 0xfebd_ffffn],
];
const chips: readonly Row[] = [
  ['IOAPIC 0', 0xfec0_0000n, 0xfec0_03ffn],
  ['HPET 0', 0xfed0_0000n, 0xfed0_03ffn],
  ['Local APIC', 0xfee0_0000n, 0xfee0_0fffn],
];

function insertAll(k: KernelContext, flags: bigint, rows: readonly Row[]): void {
  for (const [name, start, end] of rows) insertResource(k, IOMEM_RESOURCE, resource(k, { name, start, end, flags }));
}

describe('setup_arch() for the memory map', () => {
  it('trims the first page and the BIOS hole, prints what it does, and finds the gap for PCI', () => {
    const then = given(p61).when((k) => {
      e820MemorySetup(k, { entries: smallPc });
      trimBiosRange(k);
      e820SetupPciGap(k, 0n);
    });
    expect(table(then.state).slice(0, 3)).toEqual(['0+1000 2', '1000+9ec00 1', '9fc00+400 2']);
    expect(messages(then).slice(8)).toEqual([
      'DEBUG e820: update [mem 0x00000000-0x00000fff] usable ==> reserved',
      'DEBUG e820: remove [mem 0x000a0000-0x000fffff] usable',
      'INFO [mem 0x20000000-0xfffbffff] available for PCI devices',
    ]);
    expect(then.state.control.variables['pci_mem_start']).toBe(0x2000_0000n);
  });

  it('finds no gap when everything below 4 GiB is taken, and puts devices behind RAM', () => {
    const then = given(p61).when((k) => {
      e820RangeAdd(k, 0n, 1n << 32n, E820.RAM);
      e820SetupPciGap(k, 0x10_0000n);
    });
    expect(then.state.control.variables['pci_mem_start']).toBe(0x1_0010_0000n);
    expect(messages(then)).toHaveLength(3);
  });

  it('adds the kernel’s own range when the firmware calls it anything but RAM', () => {
    const then = given(p61).when((k) => {
      e820RangeAdd(k, 0n, 0x200_0000n, E820.RAM);
      e820AddKernelRange(k);
      const once = k.view.control.e820.length;
      e820AddKernelRange(k);
      return [once, k.view.control.e820.length, e820MappedAll(k, 0x100_0000n, 0x300_0000n)];
    });
    expect(then.result).toEqual([2, 2, true]);
    expect(messages(then)[0]).toBe('WARNING .text .data .bss are not marked as E820_TYPE_RAM!');
  });

  it('looks for ROMs every 2 KiB, trusts a length only with its checksum, and stops before an extension ROM', () => {
    const rom = (start: bigint, length: bigint, checksum = true) => ({ start, length, checksum });
    const then = given(p61).when((k) =>
      probeRoms(k, [
        rom(0xc_0800n, 0x8000n, false),
        rom(0xc_8000n, 0x200n),
        rom(0xc_8800n, 0n),
        rom(0xc_9000n, 0x800n),
        rom(0xd_f000n, 0x2000n),
        rom(0xe_0000n, 0n),
      ]),
    );
    expect(listed(then.state)).toEqual([
      'c0800-c7fff Video ROM',
      'c8000-c81ff Adapter ROM',
      'c9000-c97ff Adapter ROM',
      'e0000-effff Extension ROM',
      'f0000-fffff System ROM',
    ]);
  });

  it('ends in the tree that a real 6.1 showed for such a machine', () => {
    const then = given(p61).when((k) => {
      cutIomemResource(k);
      e820MemorySetup(k, { entries: smallPc });
      probeRoms(k, [{ start: 0xc_0000n, length: 0x9c00n }]);
      insertAll(k, IORESOURCE.SYSTEM_RAM | IORESOURCE.BUSY, image);
      trimBiosRange(k);
      e820ReserveResources(k);
      insertAll(k, IORESOURCE.MEM, devices);
      e820ReserveResourcesLate(k);
      insertAll(k, IORESOURCE.MEM | IORESOURCE.BUSY, chips);
    });
    expect(listed(then.state)).toEqual([
      '0-fff Reserved',
      '1000-9fbff System RAM',
      '9fc00-9ffff Reserved',
      'a0000-bffff PCI Bus 0000:00',
      'c0000-c9bff Video ROM',
      'f0000-fffff Reserved',
      '  f0000-fffff System ROM',
      '100000-1ffdffff System RAM',
      '  1000000-1e01d31 Kernel code',
      '  2000000-28eafff Kernel rodata',
      '  2a00000-2c4897f Kernel data',
      '  3310000-43fffff Kernel bss',
      '1ffe0000-1fffffff Reserved',
      '20000000-febfffff PCI Bus 0000:00',
      '  febc0000-febdffff 0000:00:03.0',
      'fec00000-fec003ff IOAPIC 0',
      'fed00000-fed003ff HPET 0',
      '  fed00000-fed003ff PNP0103:00',
      'fee00000-fee00fff Local APIC',
      'fffc0000-ffffffff Reserved',
      '100000000-17fffffff PCI Bus 0000:00',
      'fd00000000-ffffffffff Reserved',
    ]);
    expect(checkInvariants(then.state)).toEqual([]);
    expect(messages(then).filter((text) => text.includes('RAM buffer'))).toEqual([
      'DEBUG e820: reserve RAM buffer [mem 0x0009fc00-0x0009ffff]',
      'DEBUG e820: reserve RAM buffer [mem 0x1ffe0000-0x1fffffff]',
    ]);
  });
});

describe('resources of the memory map', () => {
  const named = (name: string): [number, string, string][] =>
    given(profile(name)).when((k) => {
      const kinds = [
        E820.RAM,
        E820.RESERVED,
        E820.ACPI,
        E820.NVS,
        E820.UNUSABLE,
        E820.PMEM,
        E820.PRAM,
        E820.SOFT_RESERVED,
        99,
      ];
      kinds.forEach((type, i) => e820RangeAdd(k, BigInt(i + 1) << 24n, 0x1000n, type));
      e820ReserveResources(k);
      return kinds.map((type, i): [number, string, string] => {
        const all = Object.values(k.view.control.resources.nodes);
        const node = all.find((one) => one.start === BigInt(i + 1) << 24n)!;
        return [type, node.name, `${node.flags.toString(16)}${node.parent === 0n ? ' waits' : ''} desc ${node.desc}`];
      });
    }).result;

  it('have the names, flags and order of 6.1', () => {
    expect(named('linux-6.1')).toEqual([
      [1, 'System RAM', '81000200 desc 0'],
      [2, 'Reserved', '200 waits desc 7'],
      [3, 'ACPI Tables', '80000200 desc 2'],
      [4, 'ACPI Non-volatile Storage', '80000200 desc 3'],
      [5, 'Unusable memory', '80000200 desc 0'],
      [7, 'Persistent Memory', '200 waits desc 4'],
      [12, 'Persistent Memory (legacy)', '200 waits desc 5'],
      [0xefff_ffff, 'Soft Reserved', '200 waits desc 8'],
      [99, 'Unknown E820 type', '80000200 desc 0'],
    ]);
  });

  it('have those of the book’s kernel', () => {
    expect(named('linux-insides')).toEqual([
      [1, 'System RAM', '80000200 desc 0'],
      [2, 'reserved', '200 waits desc 0'],
      [3, 'ACPI Tables', '80000200 desc 0'],
      [4, 'ACPI Non-volatile Storage', '80000200 desc 0'],
      [5, 'Unusable memory', '80000200 desc 0'],
      [7, 'reserved', '80000200 desc 0'],
      [12, 'reserved', '80000200 desc 0'],
      [0xefff_ffff, 'reserved', '80000200 desc 0'],
      [99, 'reserved', '80000200 desc 0'],
    ]);
  });

  it('below 1 MiB are busy whatever they are', () => {
    given(p61)
      .when((k) => {
        e820RangeAdd(k, 0x9_fc00n, 0x400n, E820.RESERVED);
        e820ReserveResources(k);
      })
      .thenState((state) => resourceList(state, 'iomem')[0]?.busy === true);
  });

  it('that were held back grow over what they half overlap', () => {
    const then = given(p61).when((k) => {
      e820RangeAdd(k, 0xe000_0000n, 0x1000_0000n, E820.RESERVED);
      e820ReserveResources(k);
      insertResource(
        k,
        IOMEM_RESOURCE,
        resource(k, { name: 'PCI Bus 0000:00', start: 0xd000_0000n, end: 0xe7ff_ffffn, flags: IORESOURCE.MEM }),
      );
      e820ReserveResourcesLate(k);
    });
    expect(listed(then.state)).toEqual(['d0000000-efffffff Reserved', '  d0000000-e7ffffff PCI Bus 0000:00']);
    expect(messages(then)).toEqual(['INFO resource: Expanded resource Reserved due to conflict with PCI Bus 0000:00']);
  });

  it('keep a buffer behind RAM: 64 KiB, 1 MiB or 64 MiB by where it ends', () => {
    const buffers = (...ends: bigint[]): string[] =>
      messages(
        given(book).when((k) => {
          for (const end of ends) e820RangeAdd(k, end - 0x1000n, 0x1000n, E820.RAM);
          e820ReserveResources(k);
          e820ReserveResourcesLate(k);
        }),
      );
    expect(buffers(0x9_fc00n, 0xe0_8000n, 0xdf00_0000n, 0xe400_0000n)).toEqual([
      'DEBUG e820: reserve RAM buffer [mem 0x0009fc00-0x0009ffff]',
      'DEBUG e820: reserve RAM buffer [mem 0x00e08000-0x00efffff]',
      'DEBUG e820: reserve RAM buffer [mem 0xdf000000-0xdfffffff]',
    ]);
  });

  it('make the buffer that the book’s /proc/iomem shows', () => {
    const then = given(book).when((k) => {
      e820RangeAdd(k, 0xdeff_f000n, 0x1000n, E820.RAM);
      e820ReserveResources(k);
      e820ReserveResourcesLate(k);
    });
    expect(listed(then.state)).toEqual(['defff000-deffffff System RAM', 'df000000-dfffffff RAM buffer']);
  });
});

describe('the kernel’s own resources', () => {
  const image = (name: string): string[] => listed(given(profile(name)).when((k) => insertKernelResources(k)).state);

  it('are code, rodata, data and bss of the captured kernel in 6.1', () => {
    expect(image('linux-6.1')).toEqual([
      '1000000-1e01ef1 Kernel code',
      '2000000-2826fff Kernel rodata',
      '2a00000-2c45dff Kernel data',
      '32b1000-37fffff Kernel bss',
    ]);
  });

  it.each(['linux-insides', 'linux-4.4', 'linux-4.14', 'linux-4.19'])(
    'of %s have no rodata, and data begins where code ends',
    (name) => {
      const lines = image(name);
      expect(lines.map((line) => line.split(' ').slice(1).join(' '))).toEqual([
        'Kernel code',
        'Kernel data',
        'Kernel bss',
      ]);
      const [code, data] = lines.map((line) => line.split(/[- ]/));
      expect(BigInt(`0x${data![0]!}`)).toBe(BigInt(`0x${code![1]!}`) + 1n);
    },
  );

  it('and the standard ports stand before any bus', () => {
    const then = given(p61).when((k) => reserveStandardIoResources(k));
    expect(resourceList(then.state, 'ioport').map(({ name, flags }) => [name, flags])).toEqual(
      ['dma1', 'pic1', 'timer0', 'timer1', 'keyboard', 'keyboard', 'dma page reg', 'pic2', 'dma2', 'fpu'].map(
        (name) => [name, 0x8000_0100n],
      ),
    );
  });
});

describe('printing the table', () => {
  it('prints a line an entry under the name it is told', () => {
    const then = given(p61).when((k) => {
      e820RangeAdd(k, 0n, 0x1000n, E820.RESERVED_KERN);
      e820PrintTable(k, 'extended');
    });
    expect(messages(then)).toEqual(['INFO extended: [mem 0x0000000000000000-0x0000000000000fff] usable']);
    expect(then.facts.find((fact) => fact.type === 'call.entered' && fact.fn === 'e820__print_table')).toMatchObject({
      text: 'who="extended"',
    });
  });
});
