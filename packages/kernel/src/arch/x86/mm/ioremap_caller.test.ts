import { describe, expect, it } from 'vitest';
import {
  cacheModes,
  E820,
  IOMEM_RESOURCE,
  IORESOURCE,
  physAddr,
  profile,
  vaddr,
  vaOfPhys,
  type KernelProfile,
} from '@kwind/x86';
import { checkInvariants, memtypeList, vmapAreas, walk } from '@kwind/state';
import { given, type Given } from '@kwind/testkit';
import type { KernelContext } from '../../../context.ts';
import { insertResource, requestMemRegion, resource } from '../../../kernel/resource.ts';
import { initMmRoot } from '../../../mm/kernel_tables.ts';
import { memblockReserve } from '../../../mm/memblock.ts';
import { vmallocInit } from '../../../mm/vmalloc.ts';
import { setVariable } from '../../../variables.ts';
import { e820MemorySetup, e820ReserveResources } from '../kernel/e820.ts';
import { ioremapCaller } from './ioremap_caller.ts';
import {
  ioremap,
  ioremapCache,
  ioremapNocache,
  ioremapProt,
  ioremapUc,
  ioremapWc,
  ioremapWt,
  iounmap,
} from './ioremap_variants.ts';

const BASE = 0xffff_c900_0000_0000n;
const DEVICE = 0xfed0_0000n;
const p61 = profile('linux-6.1');
const ready = (target: KernelProfile = p61): Given => given(target).booted().with(vmallocInit);
/** The same with RAM from 1 MiB to 512 MiB in the tree of resources. */
const withRam = (target: KernelProfile = p61): Given =>
  ready(target).with((k) => {
    e820MemorySetup(k, {
      entries: [
        { start: 0n, size: 0x9_fc00n, type: E820.RAM },
        { start: 0x10_0000n, size: 0x1ff0_0000n, type: E820.RAM },
      ],
    });
    e820ReserveResources(k);
  });
/** The leaf that maps an address in the kernel's own tables. */
const leafAt = (k: KernelContext, address: bigint): bigint => {
  const found = walk(k.view, vaddr(address), physAddr(BigInt(initMmRoot(k)) << 12n));
  return found.kind === 'mapped' ? found.steps.at(-1)!.entry : 0n;
};
const messages = (state: { readonly facts: readonly { readonly type: string }[] }): string[] =>
  state.facts.flatMap((fact) =>
    'text' in fact && fact.type === 'message.printed'
      ? [String(fact.text)]
      : 'message' in fact
        ? [String(fact.message)]
        : [],
  );

describe('what __ioremap_caller() checks, in its order', () => {
  it('refuses size 0 and a range that wraps without a word', () => {
    for (const [phys, size] of [
      [DEVICE, 0n],
      [0xffff_ffff_ffff_f000n, 0x2000n],
      [1n, 0xffff_ffff_ffff_ffffn + 1n],
    ] as const) {
      ready()
        .when((k) => ioremap(k, phys, size))
        .thenFacts()
        .thenReturns(null);
    }
  });

  it('refuses an address that the CPU cannot have, warning once; only the first byte counts', () => {
    ready()
      .when((k) => ioremap(k, 0x10_0000_0000_0000n, 0x1000n))
      .thenFacts(
        'message.printed WARNING ioremap: invalid physical address 10000000000000',
        'variable.set',
        'warn.raised __ioremap_caller',
      )
      .thenReturns(null)
      .when((k) => ioremap(k, 0x10_0000_0000_0000n, 0x1000n))
      .thenFacts('message.printed WARNING ioremap: invalid physical address 10000000000000');
    ready()
      .when((k) => ioremap(k, 0xff_ffff_f000n, 0x2000n))
      .thenReturns(BASE);
  });

  it('maps the ISA range in 6.1 like any other, write-back whatever was asked for', () => {
    ready()
      .when((k) => ioremap(k, 0xb_8000n, 0x1000n))
      .thenReturns(BASE)
      .thenNoFact('memtype.reserved')
      .when((k) => expect(leafAt(k, BASE)).toBe(0x8000_0000_000b_8163n));
  });

  it.each(['linux-insides', 'linux-4.4'])('answers the ISA range in %s with its direct-map address', (name) => {
    const target = profile(name);
    ready(target)
      .when((k) => ioremap(k, 0xb_8000n, 0x1000n))
      .thenFacts()
      .thenReturns(vaOfPhys(target, physAddr(0xb_8000n)));
    ready(target)
      .when((k) => ioremap(k, 0x9_f000n, 0x2000n))
      .thenReturns((address) => address! >= BASE);
  });

  it('refuses RAM with a WARN, once in a boot', () => {
    withRam()
      .when((k) => ioremap(k, 0x6a_1000n, 0x1000n))
      .thenAmongFacts('warn.raised __ioremap_caller ioremap on RAM at 0x00000000006a1000 - 0x00000000006a1fff')
      .thenReturns(null)
      .when((k) => ioremap(k, 0x6a_1000n, 0x1000n))
      .thenFacts()
      .thenReturns(null);
  });

  it('refuses what reaches into RAM, and lets pass what lies beside it', () => {
    withRam()
      .when((k) => ioremap(k, 0xf_f000n, 0x2000n))
      .thenReturns(null);
    withRam()
      .when((k) => ioremap(k, 0x2000_0000n, 0x1000n))
      .thenReturns(BASE);
    withRam()
      .when((k) => ioremap(k, 0n, 0x100_0000n))
      .thenAmongFacts('warn.raised __ioremap_caller ioremap on RAM at 0x0000000000000000 - 0x0000000000ffffff');
  });

  it('lets RAM pass that the kernel set aside: its own image, and what memblock was told', () => {
    withRam()
      .when((k) => ioremap(k, 0x100_0000n, 0x1000n))
      .thenReturns(BASE);
    withRam()
      .with((k) => memblockReserve(k, 0x1000_0000n, 0x2000n))
      .when((k) => ioremap(k, 0x1000_0000n, 0x2000n))
      .thenReturns(BASE)
      .when((k) => ioremap(k, 0x1000_0000n, 0x3000n))
      .thenReturns(null);
  });

  it('looks at whole pages up to 4.14, and at the bytes asked for after', () => {
    withRam(profile('linux-4.14'))
      .when((k) => ioremap(k, 0x6a_1000n, 0x100n))
      .thenReturns(null);
    withRam(profile('linux-4.19'))
      .when((k) => ioremap(k, 0x6a_1000n, 0x100n))
      .thenReturns(BASE);
  });

  it('widens to pages and keeps the offset', () => {
    withRam()
      .when((k) => ioremapCache(k, 0xffe0_0040n, 0x2099n))
      .thenAmongFacts(
        'call.entered ioremap_page_range(0xffffc90000000000, 0xffffc90000003000, 0xffe00000, 0x8000000000000163)',
        'pte.written',
        'pte.written',
        'pte.written',
      )
      .thenReturns(BASE + 0x40n);
  });

  it('computes the size before it masks in 6.1, and after it up to 4.19: wrong for an address beyond the mask', () => {
    const wide = 0x4000_0000_0000n;
    const sizeIn = (name: string): bigint => {
      const { state } = ready(profile(name, ['phys_bits=48'])).when((k) =>
        ioremapCaller(k, wide, 0x1000n, 'UC-', { at: vaddr(BASE) }),
      );
      return vmapAreas(state)[0]?.size ?? 0n;
    };
    expect(sizeIn('linux-6.1')).toBe(0x1000n);
    // The rest of the mistake is too large to be mapped, so only its size is asked for.
    expect(profile('linux-4.4').ioremap).toMatchObject({ masksBeforeSize: true, physicalMaskBits: 46 });
  });
});

describe('the memory type of a mapping', () => {
  it.each([
    ['ioremap', ioremap, 0x8000_0000_fed0_0173n, 'UC-'],
    ['ioremap_uc', ioremapUc, 0x8000_0000_fed0_017bn, 'UC'],
    ['ioremap_wc', ioremapWc, 0x8000_0000_fed0_016bn, 'WC'],
    ['ioremap_wt', ioremapWt, 0x8000_0000_fed0_01fbn, 'WT'],
    ['ioremap_cache', ioremapCache, 0x8000_0000_fed0_0163n, 'WB'],
  ] as const)('%s has its own bits', (_, run, entry, type) => {
    ready()
      .when((k) => run(k, DEVICE, 0x400n))
      .thenState((state) => expect(memtypeList(state)).toEqual([{ start: DEVICE, end: DEVICE + 0x1000n, type }]))
      .when((k) => expect(leafAt(k, BASE)).toBe(entry));
  });

  it('is found in the bits that ioremap_prot() is given', () => {
    ready()
      .with((k) => ioremapProt(k, DEVICE, 0x1000n, 0x1bn))
      .when((k) => expect(leafAt(k, BASE) & 0x98n).toBe(0x18n));
  });

  it('is the default UC- under its other name in 4.x', () => {
    ready(profile('linux-4.4'))
      .when((k) => ioremap(k, DEVICE, 0x1000n))
      .thenAmongFacts('call.entered ioremap_nocache', 'call.entered __ioremap_caller(0xfed00000, 0x1000, 0x2)');
    ready(profile('linux-4.4'))
      .when((k) => ioremapNocache(k, DEVICE, 0x1000n))
      .thenReturns(BASE);
  });

  it('is that of an earlier note for the same memory', () => {
    for (const run of [ioremapWc, ioremapCache]) {
      ready()
        .with((k) => ioremap(k, DEVICE, 0x10000n))
        .with((k) => run(k, DEVICE + 0x4000n, 0x1000n))
        .when((k) => expect(leafAt(k, vmapAreas(k.view)[1]!.start)).toBe(0x8000_0000_fed0_4173n));
    }
  });

  it('cannot become write-back when it was to be uncached, combining or through', () => {
    for (const [run, mode] of [
      [ioremap, 2],
      [ioremapWc, 1],
      [ioremapWt, 4],
    ] as const) {
      ready()
        .with((k) => ioremapCache(k, DEVICE, 0x1000n))
        .when((k) => run(k, DEVICE, 0x1000n))
        .thenFacts(
          'memtype.reserved',
          `message.printed ERR ioremap error for 0xfed00000-0xfed01000, requested 0x${mode}, got 0x0`,
          'memtype.freed',
        )
        .thenReturns(null);
    }
  });

  it('cannot become combining when it was to be through', () => {
    ready()
      .with((k) => ioremapWc(k, DEVICE, 0x1000n))
      .when((k) => ioremapWt(k, DEVICE, 0x1000n))
      .thenAmongFacts('message.printed ERR ioremap error for 0xfed00000-0xfed01000, requested 0x4, got 0x1')
      .thenReturns(null);
  });

  it('cannot be had where earlier notes disagree', () => {
    ready()
      .with((k) => [ioremapWc(k, DEVICE, 0x1000n), ioremap(k, DEVICE + 0x1000n, 0x1000n)])
      .when((k) => ioremap(k, DEVICE, 0x2000n))
      .thenFacts(
        'memtype.conflicted 0xfed00000 0xfed02000 UC- 0xfed01000 0xfed02000 UC-',
        'message.printed INFO x86/PAT: swapper/0:1 conflicting memory types fed00000-fed02000 write-combining<->uncached-minus',
        'message.printed INFO x86/PAT: memtype_reserve failed [mem 0xfed00000-0xfed01fff], track uncached-minus, req uncached-minus',
        'message.printed ERR ioremap memtype_reserve failed -16',
      )
      .thenReturns(null);
    ready(profile('linux-4.4'))
      .with((k) => [ioremapWc(k, DEVICE, 0x1000n), ioremap(k, DEVICE + 0x1000n, 0x1000n)])
      .when((k) => ioremap(k, DEVICE, 0x2000n))
      .thenAmongFacts(
        'message.printed INFO x86/PAT: reserve_memtype failed',
        'message.printed ERR ioremap reserve_memtype failed -16',
      );
  });
});

describe('a request across several devices', () => {
  const bars = (k: KernelContext): void => {
    const window = resource(k, {
      start: 0xf000_0000n,
      end: 0xfebf_ffffn,
      name: 'PCI Bus 0000:00',
      flags: IORESOURCE.MEM,
    });
    insertResource(k, IOMEM_RESOURCE, window);
    insertResource(
      k,
      IOMEM_RESOURCE,
      resource(k, { start: 0xfebc_0000n, end: 0xfebd_ffffn, name: '0000:00:03.0', flags: IORESOURCE.MEM }),
    );
  };
  const asked = (k: KernelContext): bigint | null => ioremap(k, 0xfebd_0000n, 0x3_0000n);
  const spans = 'resource sanity check: requesting [mem 0x';

  it('is mapped and complained about, naming the caller, from 4.14 on', () => {
    const then = ready()
      .with(bars)
      .when(asked)
      .thenReturns((address) => address! >= BASE);
    expect(messages(then)).toEqual([
      'resource: resource sanity check: requesting [mem 0x00000000febd0000-0x00000000febfffff], which spans more than 0000:00:03.0 [mem 0xfebc0000-0xfebdffff]',
      'caller 0x0 mapping multiple BARs',
    ]);
  });

  it('makes a WARN of it in 4.4, once', () => {
    const target = ready(profile('linux-4.4')).with(bars);
    expect(messages(target.when(asked))).toEqual([
      `${spans}febd0000-0xfebfffff], which spans more than 0000:00:03.0 [mem 0xfebc0000-0xfebdffff]`,
      'Info: mapping multiple BARs. Your kernel is fine.',
    ]);
    expect(messages(target.when(asked))).toHaveLength(1);
  });

  it('says nothing where a driver owns what is spanned', () => {
    const then = ready()
      .with((k) => requestMemRegion(k, 0xfebc_0000n, 0x2_0000n, 'e1000'))
      .when(asked);
    expect(messages(then)).toEqual([]);
  });
});

describe('iounmap', () => {
  it('clears the entries with the guard page, drops the note, and gives the area up', () => {
    ready()
      .with((k) => ioremap(k, DEVICE + 0x123n, 0x10n))
      .when((k) => iounmap(k, BASE + 0x123n))
      .thenFacts(
        'memtype.freed 0xfed00000 0xfed01000 UC-',
        'pte.written',
        'pte.written',
        'area.released 0xffffc90000000000 0xffffc90000002000',
      )
      .thenState((state) => {
        expect(vmapAreas(state)).toEqual([]);
        expect(memtypeList(state)).toEqual([]);
      });
  });

  it('says nothing of an address up to high_memory', () => {
    const high = 0xffff_8880_2000_0000n;
    ready()
      .with((k) => setVariable(k, 'high_memory', high))
      .when((k) => iounmap(k, high))
      .thenFacts();
    ready()
      .with((k) => setVariable(k, 'high_memory', high))
      .when((k) => iounmap(k, 0xffff_8880_000b_8000n))
      .thenFacts();
  });

  it('warns of the ISA range only with less memory than that, and only from 4.14 on', () => {
    ready()
      .when((k) => iounmap(k, 0xffff_8880_000b_8000n))
      .thenFacts('warn.raised iounmap iounmap() called for ISA range not obtained using ioremap()');
    ready(profile('linux-4.4'))
      .when((k) => iounmap(k, 0xffff_8800_000b_8000n))
      .thenFacts();
  });

  it('complains about an address in no area', () => {
    ready(profile('linux-6.1', ['no_hash_pointers=y']))
      .when((k) => iounmap(k, BASE + 0x1234_5678n))
      .thenFacts('message.printed ERR iounmap: bad address ffffc90012345000');
    ready()
      .when((k) => iounmap(k, BASE))
      .thenFacts('message.printed ERR iounmap: bad address (____ptrval____)');
  });
});

it('every kernel of the list maps and unmaps every type', () => {
  for (const name of ['linux-insides', 'linux-4.4', 'linux-4.14', 'linux-4.19', 'linux-6.1', 'linux-6.12']) {
    for (const mode of cacheModes) {
      const { state } = ready(profile(name))
        .when((k) => iounmap(k, ioremapCaller(k, DEVICE, 0x3000n, mode)!))
        .thenNoFact('bug.raised');
      expect(vmapAreas(state)).toEqual([]);
      expect(checkInvariants(state)).toEqual([]);
    }
  }
});
