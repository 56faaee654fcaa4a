import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { E820, IOMEM_RESOURCE, IOPORT_RESOURCE, IORESOURCE, profile } from '@kwind/x86';
import { given, listed, memory, messages } from '@kwind/testkit';
import { resourceList, systemRamRanges } from '@kwind/state';
import { e820RangeAdd } from '../../arch/x86/kernel/e820.ts';
import { pcibiosAlignResource } from '../../arch/x86/pci/i386.ts';
import type { KernelContext } from '../../context.ts';
import { minus } from '../../errno.ts';
import {
  allocateResource,
  insertResource,
  iomemIsExclusive,
  iomemMapSanityCheck,
  lookupResource,
  requestMemRegion,
  requestRegion,
  requestMemRegionExclusive,
  requestResource,
  resource,
} from '../resource.ts';

const p61 = profile('linux-6.1');
const { MEM, BUSY } = IORESOURCE;

describe('allocate_resource', () => {
  it('takes the lowest gap that fits, aligned', () => {
    const then = given(p61).when((k) => {
      requestMemRegion(k, 0x1000n, 0x1000n, 'a');
      requestMemRegion(k, 0x2800n, 0x800n, 'b');
      const bar = memory(k, 'bar', 0n, 0xfffn);
      return allocateResource(k, IOMEM_RESOURCE, bar, { size: 0x1000n, min: 0x1800n, max: 0xffffn, align: 0x1000n });
    });
    expect(then.result).toBe(0n);
    expect(listed(then.state, 'iomem')).toEqual(['1000-1fff a', '2800-2fff b', '3000-3fff bar']);
  });

  it('fails when nothing fits below the maximum', () => {
    given(p61)
      .when((k) =>
        allocateResource(k, IOMEM_RESOURCE, memory(k, 'bar', 0n, 0xfffn), {
          size: 0x1000n,
          min: 0x1000n,
          max: 0x1ffen,
          align: 1n,
        }),
      )
      .thenReturns(minus('EBUSY'));
  });

  it('fails when aligning the start would wrap around', () => {
    given(p61)
      .when((k) => {
        const constraint = { size: 0x10n, min: 0xffff_ffff_ffff_f001n, max: 0xffff_ffff_ffff_ffffn, align: 0x1000n };
        return allocateResource(k, IOMEM_RESOURCE, memory(k, 'bar', 0n, 0xfn), constraint);
      })
      .thenReturns(minus('EBUSY'));
  });

  it('finds what trying every aligned address finds first', () => {
    const taken = fc.array(fc.tuple(fc.nat(63), fc.nat(6)), { maxLength: 10 });
    fc.assert(
      fc.property(
        taken,
        fc.nat(63),
        fc.nat(63),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(3),
        (list, min, max, size, shift) => {
          const then = given(p61).when((k) => {
            for (const [start, more] of list) requestRegion(k, BigInt(start), BigInt(more) + 1n, 'taken');
            const bar = resource(k, { name: 'bar', start: 0n, end: 0n, flags: IORESOURCE.IO });
            return allocateResource(k, IOPORT_RESOURCE, bar, {
              size: BigInt(size),
              min: BigInt(min),
              max: BigInt(max),
              align: 1n << BigInt(shift),
            });
          });
          const used = resourceList(then.state, 'ioport').filter((node) => node.name === 'taken');
          const places = Array.from({ length: 64 }, (_, i) => BigInt(i)).filter((start) => {
            const end = start + BigInt(size) - 1n;
            const aligned = start % (1n << BigInt(shift)) === 0n;
            return aligned && start >= min && end <= max && used.every((node) => node.end < start || end < node.start);
          });
          const found = resourceList(then.state, 'ioport').find((node) => node.name === 'bar');
          expect([then.result, found?.start]).toEqual(
            places.length > 0 ? [0n, places[0]] : [minus('EBUSY'), undefined],
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('moves a resource that is linked already: within its own range in place, else by linking it anew', () => {
    const then = given(p61).when((k) => {
      const bar = memory(k, 'bar', 0x1000n, 0x1fffn);
      requestResource(k, IOMEM_RESOURCE, bar);
      const grown = allocateResource(k, IOMEM_RESOURCE, bar, {
        size: 0x2000n,
        min: 0x1000n,
        max: 0xffffn,
        align: 0x1000n,
      });
      requestMemRegion(k, 0x3000n, 0x1000n, 'wall');
      const moved = allocateResource(k, IOMEM_RESOURCE, bar, {
        size: 0x3000n,
        min: 0x1000n,
        max: 0xffffn,
        align: 0x1000n,
      });
      return [grown, moved];
    });
    expect(then.result).toEqual([0n, 0n]);
    expect(listed(then.state, 'iomem')).toEqual(['3000-3fff wall', '4000-6fff bar']);
  });
});

describe('where allocate_resource does not go', () => {
  const place = (name: string, min: bigint, max: bigint, size: bigint, align = size) =>
    given(profile(name)).when((k) => {
      e820RangeAdd(k, 0x10_0000n, 0x10_0000n, E820.RAM);
      const bar = memory(k, 'bar', 0n, size - 1n);
      allocateResource(k, IOMEM_RESOURCE, bar, { size, min, max, align });
      return [resourceList(k.view, 'iomem').find((node) => node.name === 'bar')?.start];
    }).result;

  it.each(['linux-4.4', 'linux-6.1'])('the last 2 MiB below 4 GiB, where the firmware is, in %s', (name) => {
    expect(place(name, 0xffd0_0000n, 0xffff_ffffn, 0x10_0000n)).toEqual([0xffd0_0000n]);
    expect(place(name, 0xffe0_0000n, 0xffff_ffffn, 0x10_0000n)).toEqual([undefined]);
    expect(place(name, 0xffe0_0000n, 0x1_0fff_ffffn, 0x10_0000n)).toEqual([0x1_0000_0000n]);
  });

  it('entries of the memory map up to 5.18; from then on the host bridge windows are clipped instead', () => {
    expect(place('linux-4.4', 0x10_0000n, 0xfff_ffffn, 0x10_0000n)).toEqual([0x20_0000n]);
    expect(place('linux-6.1', 0x10_0000n, 0xfff_ffffn, 0x10_0000n)).toEqual([0x10_0000n]);
  });

  it('for PCI, ports that ISA cards alias, and memory of the first MiB', () => {
    const found = given(p61).when((k) => {
      const ports = resource(k, { name: 'ports', start: 0n, end: 0x1fn, flags: IORESOURCE.IO });
      const pci = { alignf: pcibiosAlignResource };
      allocateResource(k, IOPORT_RESOURCE, ports, { size: 0x20n, min: 0xd00n, max: 0xffffn, align: 0x20n, ...pci });
      allocateResource(k, IOMEM_RESOURCE, memory(k, 'bar', 0n, 0xfffn), {
        size: 0x1000n,
        min: 0n,
        max: 0xfff_ffffn,
        align: 0x1000n,
        ...pci,
      });
      return 0n;
    });
    expect(listed(found.state, 'ioport')).toEqual(['1000-101f ports']);
    expect(listed(found.state, 'iomem')).toEqual(['100000-100fff bar']);
  });
});

describe('questions to the iomem tree', () => {
  it('lookup_resource finds a direct child by its start', () => {
    const then = given(p61).when((k) => {
      const region = requestMemRegion(k, 0x1000n, 0x10n, 'a');
      return [lookupResource(k, IOMEM_RESOURCE, 0x1000n) === region, lookupResource(k, IOMEM_RESOURCE, 0x1001n)];
    });
    expect(then.result).toEqual([true, null]);
  });

  const bar = (k: KernelContext): void => {
    requestResource(k, IOMEM_RESOURCE, memory(k, '0000:00:03.0', 0xfebc_0000n, 0xfebd_ffffn));
  };

  it.each([
    [
      'linux-6.1',
      'WARNING resource: resource sanity check: requesting [mem 0x00000000febd0000-0x00000000febfffff], which spans more than 0000:00:03.0 [mem 0xfebc0000-0xfebdffff]',
    ],
    [
      'linux-4.4',
      'WARNING resource sanity check: requesting [mem 0xfebd0000-0xfebfffff], which spans more than 0000:00:03.0 [mem 0xfebc0000-0xfebdffff]',
    ],
  ])('iomem_map_sanity_check of %s complains about a mapping over more than one device', (name, message) => {
    const then = given(profile(name)).when((k) => {
      bar(k);
      return iomemMapSanityCheck(k, 0xfebd_0000n, 0x3_0000n);
    });
    expect(then.result).toBe(0xffff_ffff_ffff_ffffn);
    expect(messages(then)).toEqual([message]);
  });

  it('iomem_map_sanity_check is silent within a device’s pages, beside it, and over busy ones', () => {
    const then = given(p61).when((k) => {
      bar(k);
      requestMemRegion(k, 0xfed0_0000n, 0x400n, 'busy');
      return [
        iomemMapSanityCheck(k, 0xfebd_f000n, 0x1000n),
        iomemMapSanityCheck(k, 0xfebe_0000n, 0x1000n),
        iomemMapSanityCheck(k, 0xfecf_f000n, 0x2000n),
      ];
    });
    expect(then.result).toEqual([0n, 0n, 0n]);
    expect(messages(then)).toEqual([]);
  });

  it.each([
    ['linux-6.1', [], 1n, 1n],
    ['linux-6.1', ['CONFIG_IO_STRICT_DEVMEM=n'], 0n, 1n],
    ['linux-6.1', ['CONFIG_STRICT_DEVMEM=n'], 0n, 0n],
    ['linux-4.4', [], 0n, 1n],
  ] as const)(
    'iomem_is_exclusive of %s %j closes busy and exclusive pages to /dev/mem',
    (name, options, busy, exclusive) => {
      const then = given(profile(name, options)).when((k) => {
        requestMemRegion(k, 0x1000n, 0x10n, 'busy');
        requestMemRegionExclusive(k, 0x2ff0n, 0x10n, 'exclusive');
        return [iomemIsExclusive(k, 0x1fffn), iomemIsExclusive(k, 0x2000n), iomemIsExclusive(k, 0x3000n)];
      });
      expect(then.result).toEqual([busy, exclusive, 0n]);
    },
  );

  it('finds busy System RAM by its flag, before 4.6 by its name, and cut to the range asked for', () => {
    const ram = (name: string, flags: bigint) =>
      given(profile(name)).when((k) => {
        insertResource(k, IOMEM_RESOURCE, memory(k, 'System RAM', 0x1000n, 0x8fffn, flags | BUSY));
        insertResource(k, IOMEM_RESOURCE, memory(k, 'Kernel code', 0x3000n, 0x3fffn, flags | BUSY));
        insertResource(k, IOMEM_RESOURCE, memory(k, 'System RAM', 0x9000n, 0x9fffn, flags));
        return systemRamRanges(k.view, 0x2000n, 0xffffn).map(({ start, end }) => [start, end]);
      }).result;
    expect(ram('linux-6.1', IORESOURCE.SYSTEM_RAM)).toEqual([[0x2000n, 0x8fffn]]);
    expect(ram('linux-4.4', MEM)).toEqual([[0x2000n, 0x8fffn]]);
    expect(ram('linux-6.1', MEM)).toEqual([]);
  });
});
