import { describe, it } from 'vitest';
import { E820, physAddr, profile, vaOfPhys, type KernelProfile } from '@kwind/x86';
import { given, type Given } from '@kwind/testkit';
import { e820MemorySetup, e820ReserveResources, e820ReserveResourcesLate } from '../arch/x86/kernel/e820.ts';
import { vmallocInit } from '../mm/vmalloc.ts';
import { setVariable } from '../variables.ts';
import { MEMREMAP, memremap, memunmap, regionIntersects } from './iomem.ts';

const BASE = 0xffff_c900_0000_0000n;
const END = 0x1000_0000n;
const p61 = profile('linux-6.1');
const ready = (target: KernelProfile = p61): Given =>
  given(target)
    .booted()
    .with(vmallocInit)
    .with((k) => {
      const ram = { start: 0x10_0000n, size: END - 0x10_0000n, type: E820.RAM };
      e820MemorySetup(k, {
        entries: [
          { start: 0n, size: 0x9_fc00n, type: E820.RAM },
          ram,
          { start: END, size: 0x2_0000n, type: E820.RESERVED },
        ],
      });
      e820ReserveResources(k);
      e820ReserveResourcesLate(k);
    });

describe('memremap', () => {
  it('answers RAM that may be write-back with its direct map', () => {
    ready()
      .when((k) => memremap(k, 0x200_0123n, 0x10n, MEMREMAP.WB))
      .thenFacts()
      .thenReturns(vaOfPhys(p61, physAddr(0x200_0123n)));
  });

  it('maps other memory like a device, write-back', () => {
    ready()
      .when((k) => memremap(k, END + 0x40n, 0x10n, MEMREMAP.WB))
      .thenAmongFacts(
        'call.entered ioremap_cache',
        'area.claimed 0xffffc90000000000 0xffffc90000002000 0x10000000 1 0 memremap',
      )
      .thenReturns(BASE + 0x40n);
  });

  it('tries what it is allowed in turn: write-through, combining, encrypted, decrypted', () => {
    for (const [flag, fn] of [
      [MEMREMAP.WT, 'ioremap_wt'],
      [MEMREMAP.WC, 'ioremap_wc'],
      [MEMREMAP.ENC, 'ioremap_encrypted'],
      [MEMREMAP.DEC, 'ioremap'],
    ] as const) {
      ready()
        .when((k) => memremap(k, 0xfed0_0000n, 0x1000n, flag))
        .thenAmongFacts(`call.entered ${fn}(0xfed00000`.replace('(0xfed00000', ''))
        .thenReturns(BASE);
    }
    ready()
      .when((k) => memremap(k, 0xfed0_0000n, 0x1000n, 0n))
      .thenFacts()
      .thenReturns(null);
  });

  it('refuses a range that is RAM in part, and RAM that is not wanted write-back, each with a WARN once', () => {
    const twice = (phys: bigint, flags: bigint, text: string): void => {
      const target = ready();
      target
        .when((k) => memremap(k, phys, 0x2000n, flags))
        .thenAmongFacts(`warn.raised memremap ${text}`)
        .thenReturns(null);
      target
        .when((k) => memremap(k, phys, 0x2000n, flags))
        .thenFacts()
        .thenReturns(null);
    };
    twice(END - 0x1000n, MEMREMAP.WB, 'memremap attempted on mixed range 0x000000000ffff000 size: 0x2000');
    twice(0x200_0000n, MEMREMAP.WT, 'memremap attempted on ram 0x0000000002000000 size: 0x2000');
    twice(0x200_0000n, MEMREMAP.WC, 'memremap attempted on ram 0x0000000002000000 size: 0x2000');
  });
});

describe('memunmap', () => {
  it('gives an area back, and leaves the direct map alone', () => {
    ready()
      .with((k) => memremap(k, END, 0x1000n, MEMREMAP.WB))
      .when((k) => memunmap(k, vaOfPhys(p61, physAddr(0x200_0000n))))
      .thenFacts()
      .when((k) => memunmap(k, BASE))
      .thenAmongFacts('call.entered iounmap(0xffffc90000000000)', 'area.released');
  });
});

describe('region_intersects', () => {
  it.each([
    [0x200_0000n, 0x1000n, 'intersects'],
    [END, 0x1000n, 'disjoint'],
    [END - 1n, 2n, 'mixed'],
    [0xfed0_0000n, 0x1000n, 'disjoint'],
  ] as const)('of 0x%s and %s bytes with RAM: %s', (start, size, expected) => {
    ready()
      .when((k) => regionIntersects(k, start, size))
      .thenReturns(expected as never);
    ready(profile('linux-4.4'))
      .when((k) => regionIntersects(k, start, size))
      .thenReturns(expected as never);
  });

  it('does not depend on variables', () => {
    ready()
      .with((k) => setVariable(k, 'high_memory', 1n))
      .when((k) => regionIntersects(k, END, 1n))
      .thenReturns('disjoint' as never);
  });
});
