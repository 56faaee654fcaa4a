import { describe, expect, it } from 'vitest';
import { E820, physAddr, profile, vaOfPhys, type KernelProfile } from '@kwind/x86';
import { checkInvariants, memtypeList, pageMemtype, walk } from '@kwind/state';
import { given, type Given } from '@kwind/testkit';
import { memblockReserve } from '../../../../mm/memblock.ts';
import { vmallocInit } from '../../../../mm/vmalloc.ts';
import { e820MemorySetup, e820ReserveResources } from '../../kernel/e820.ts';
import { MTRR, mtrrAdd, mtrrSetDefault, mtrrTypeLookup } from '../../kernel/cpu/mtrr.ts';
import { cleanupHighmap } from '../cleanup_highmap.ts';
import { initMemMapping } from '../init.ts';
import { ioremap, ioremapCache, ioremapUc, ioremapWc, iounmap } from '../ioremap_variants.ts';
import { earlyAllocPgtBuf } from '../low_pages.ts';
import { isNewMemtypeAllowed, memtypeFree, memtypeReserve } from './memtype.ts';

const DEVICE = 0xfe00_0000n;
const p61 = profile('linux-6.1');
const ready = (target: KernelProfile = p61): Given => given(target).booted().with(vmallocInit);
/** 256 MiB of RAM, its direct map built, and a hole of reserved RAM in it. */
const running = (target: KernelProfile = p61): Given =>
  ready(target).with((k) => {
    e820MemorySetup(k, {
      entries: [
        { start: 0n, size: 0x9_fc00n, type: E820.RAM },
        { start: 0x10_0000n, size: 0xff0_0000n, type: E820.RAM },
      ],
    });
    memblockReserve(k, 0x800_0000n, 0x40_0000n, 'test');
    earlyAllocPgtBuf(k);
    cleanupHighmap(k);
    initMemMapping(k);
    e820ReserveResources(k);
  });
const directEntry = (k: Parameters<typeof ioremap>[0], phys: bigint): bigint => {
  const found = walk(k.view, vaOfPhys(k.profile, physAddr(phys)));
  return found.kind === 'mapped' ? found.steps.at(-1)!.entry : 0n;
};

describe('memtype_reserve', () => {
  it('notes a range, several times if they agree, and frees them one by one', () => {
    ready()
      .with((k) => memtypeReserve(k, DEVICE, DEVICE + 0x2000n, 'WC'))
      .with((k) => memtypeReserve(k, DEVICE + 0x1000n, DEVICE + 0x3000n, 'UC-'))
      .with((k) => memtypeReserve(k, DEVICE, DEVICE + 0x2000n, 'WC'))
      .when((k) => memtypeFree(k, DEVICE, DEVICE + 0x2000n))
      .thenFacts('memtype.freed')
      .thenState((state) =>
        expect(memtypeList(state).map(({ start, type }) => [start - DEVICE, type])).toEqual([
          [0n, 'WC'],
          [0x1000n, 'WC'],
        ]),
      );
  });

  it('does not know of the ISA range', () => {
    ready()
      .when((k) => memtypeReserve(k, 0xa_0000n, 0x10_0000n, 'WC'))
      .thenFacts()
      .thenReturns((result) => result.mode === 'WB' && result.error === 0n);
    ready()
      .when((k) => memtypeReserve(k, 0x9_f000n, 0xa_1000n, 'WC'))
      .thenFacts('memtype.reserved');
    ready()
      .when((k) => memtypeFree(k, 0xb_8000n, 0xb_9000n))
      .thenFacts()
      .thenReturns(0n);
  });

  it('says so when what is freed was not noted', () => {
    ready()
      .when((k) => memtypeFree(k, DEVICE, DEVICE + 0x1000n))
      .thenFacts('message.printed INFO x86/PAT: swapper/0:1 freeing invalid memtype [mem 0xfe000000-0xfe000fff]')
      .thenReturns(BigInt.asUintN(64, -22n));
  });

  it('cuts a note whose tail is freed', () => {
    ready()
      .with((k) => memtypeReserve(k, DEVICE, DEVICE + 0x3000n, 'UC-'))
      .when((k) => memtypeFree(k, DEVICE + 0x1000n, DEVICE + 0x3000n))
      .thenReturns(0n)
      .thenState((state) =>
        expect(memtypeList(state)).toEqual([{ start: DEVICE, end: DEVICE + 0x1000n, type: 'UC-' }]),
      );
  });

  it('makes UC- of a request for write-back where an MTRR says otherwise', () => {
    ready()
      .with((k) => mtrrSetDefault(k, MTRR.WRBACK))
      .with((k) => mtrrAdd(k, 0xc000_0000n, 0x4000_0000n, MTRR.UNCACHABLE))
      .when((k) => ioremapCache(k, DEVICE, 0x1000n))
      .thenAmongFacts(
        'memtype.reserved 0xfe000000 0xfe001000 WB UC-',
        'call.entered ioremap_page_range(0xffffc90000000000, 0xffffc90000001000, 0xfe000000, 0x8000000000000173)',
      );
  });
});

describe('which other type a mapping may have', () => {
  it.each([
    ['UC-', 'WB', false],
    ['WC', 'WB', false],
    ['WT', 'WB', false],
    ['WT', 'WC', false],
    ['WB', 'UC-', true],
    ['UC', 'WB', true],
    ['WC', 'UC-', true],
    ['UC-', 'WC', true],
    ['WC', 'WT', true],
  ] as const)('asked for %s, granted %s: %s', (wanted, granted, allowed) => {
    expect(isNewMemtypeAllowed(DEVICE, DEVICE + 0x1000n, wanted, granted)).toBe(allowed);
    expect(isNewMemtypeAllowed(0xb_8000n, 0xb_9000n, wanted, granted)).toBe(true);
  });
});

describe('RAM that is set aside', () => {
  it('is marked page by page, and its direct map gets the type: the large page around it is split', () => {
    const then = running()
      .when((k) => ioremapWc(k, 0x800_1000n, 0x1000n))
      .thenAmongFacts(
        'memtype.pages-marked 0x8001000 0x8002000 WB WC',
        'area.claimed',
        'call.entered memtype_kernel_map_sync(0x8001000, 0x1000)',
        'call.entered vm_unmap_aliases',
        'table.allocated',
        'pmd.populated',
        'tlb.flushed all',
        'pte.written',
        'tlb.flushed all',
        'call.entered ioremap_page_range',
      );
    expect(pageMemtype(then.state, 0x800_1000n)).toBe('WC');
    then.when((k) => {
      expect([0x800_0000n, 0x800_1000n, 0x800_2000n, 0x81f_f000n].map((phys) => directEntry(k, phys) & 0xfffn)).toEqual(
        [0x163n, 0x16bn, 0x163n, 0x163n],
      );
      expect(directEntry(k, 0x820_0000n) & 0xfffn).toBe(0x1e3n);
    });
    expect(checkInvariants(then.state)).toEqual([]);
  });

  it('is changed whole where a large page lies in it', () => {
    running()
      .with((k) => ioremap(k, 0x800_0000n, 0x20_0000n))
      .when((k) => expect(directEntry(k, 0x800_0000n)).toBe(0x8000_0000_0800_01f3n));
  });

  it('cannot have two types, and is write-back again after the last mapping', () => {
    running()
      .with((k) => ioremapWc(k, 0x800_0000n, 0x1000n))
      .when((k) => ioremap(k, 0x800_0000n, 0x1000n))
      .thenAmongFacts(
        'memtype.conflicted',
        'message.printed INFO x86/PAT: reserve_ram_pages_type failed [mem 0x08000000-0x08000fff], track 0x1, req 0x2',
        'message.printed ERR ioremap memtype_reserve failed -16',
      )
      .thenReturns(null)
      .when((k) => iounmap(k, k.profile.vmallocStart))
      .thenAmongFacts('memtype.pages-marked 0x8000000 0x8001000 WC WB');
  });

  it('is UC- when it was to be strictly uncached, with a WARN', () => {
    running()
      .when((k) => ioremapUc(k, 0x800_0000n, 0x1000n))
      .thenAmongFacts('warn.raised reserve_ram_pages_type', 'memtype.pages-marked 0x8000000 0x8001000 WB UC-');
  });

  it('mixed with other memory before it is no range to map', () => {
    running()
      .when((k) => memtypeReserve(k, 0xf_f000n, 0x10_1000n, 'UC-'))
      .thenReturns((result) => result.error === BigInt.asUintN(64, -22n));
    running()
      .when((k) => memtypeFree(k, 0xf_f000n, 0x10_1000n))
      .thenReturns(BigInt.asUintN(64, -22n));
  });
});

describe('MTRRs', () => {
  it('say nothing until they are on', () => {
    ready().when((k) => expect(mtrrTypeLookup(k, DEVICE, DEVICE + 1n)).toEqual({ type: MTRR.INVALID, uniform: true }));
  });

  it('give the default outside their ranges, and combine where they meet', () => {
    ready()
      .with((k) => {
        mtrrSetDefault(k, MTRR.WRBACK);
        mtrrAdd(k, 0xc000_0000n, 0x4000_0000n, MTRR.UNCACHABLE);
        mtrrAdd(k, 0xd000_0000n, 0x1000_0000n, MTRR.WRCOMB);
        mtrrAdd(k, 0x1000_0000n, 0x1000_0000n, MTRR.WRTHROUGH);
      })
      .when((k) => {
        const look = (start: bigint, end: bigint): unknown => mtrrTypeLookup(k, start, end);
        expect(look(0n, 0x1000n)).toEqual({ type: MTRR.WRBACK, uniform: true });
        expect(look(0xc000_0000n, 0xc100_0000n)).toEqual({ type: MTRR.UNCACHABLE, uniform: true });
        expect(look(0xbfff_f000n, 0xc000_1000n)).toEqual({ type: MTRR.UNCACHABLE, uniform: false });
        expect(look(0xd000_0000n, 0xd000_1000n)).toEqual({ type: MTRR.UNCACHABLE, uniform: true });
        expect(look(0xfff_f000n, 0x1000_1000n)).toEqual({ type: MTRR.WRTHROUGH, uniform: false });
      });
  });

  it('forbid a large page that they would cut, with a message once', () => {
    const split = ready()
      .with((k) => mtrrSetDefault(k, MTRR.WRBACK))
      .with((k) => mtrrAdd(k, 0xfe10_0000n, 0x10_0000n, MTRR.UNCACHABLE));
    const then = split
      .when((k) => ioremap(k, DEVICE, 0x20_0000n))
      .thenAmongFacts(
        'message.printed WARNING pmd_set_huge: Cannot satisfy [mem 0xfe000000-0xfe200000] with a huge-page mapping due to MTRR override.',
      );
    expect(then.facts.filter((fact) => fact.type === 'pte.written')).toHaveLength(512);
    split.when((k) => ioremap(k, DEVICE, 0x20_0000n)).thenNoFact('message.printed');
  });

  it('allow one that is cut but uncached as a whole, or write-back', () => {
    const { facts } = ready()
      .with((k) => mtrrAdd(k, 0xc000_0000n, 0x4000_0000n, MTRR.UNCACHABLE))
      .when((k) => ioremap(k, DEVICE, 0x20_0000n));
    expect(facts.filter((fact) => fact.type === 'pmd.written')).toHaveLength(1);
  });
});
