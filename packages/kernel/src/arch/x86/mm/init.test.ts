import { describe, expect, it } from 'vitest';
import { E820, hex, physAddr, pfnOf, profile, PTE, vaOfPhys, vaddr, type KernelProfile } from '@kwind/x86';
import { checkInvariants, rootOf, walk, type MachineView } from '@kwind/state';
import { given, type Given } from '@kwind/testkit';
import { memblockReserve, type ByteRange } from '../../../mm/memblock.ts';
import { pagingInit } from '../../../mm/sparse.ts';
import { variable } from '../../../variables.ts';
import { e820MemorySetup } from '../kernel/e820.ts';
import { cleanupHighmap } from './cleanup_highmap.ts';
import { initMemMapping, probePageSizeMask } from './init.ts';
import { splitMemRange } from './init_ranges.ts';
import { earlyAllocPgtBuf, extendBrk } from './low_pages.ts';
import { memInit } from './mem_init.ts';

const MiB = 1n << 20n;
const GiB = 1n << 30n;
const p61 = profile('linux-6.1');
const range = (start: bigint, end: bigint): ByteRange => ({ start, end });
const smallPc = [range(0x1000n, 0x9_fc00n), range(MiB, 512n * MiB - 0x2_0000n)];
const fourGib = [range(0x1000n, 0x9_fc00n), range(MiB, 3n * GiB), range(4n * GiB, 5n * GiB)];
const ready = (target: KernelProfile = p61): Given =>
  given(target).booted().with(earlyAllocPgtBuf).with(cleanupHighmap);

/** Size of the page that maps a physical byte in the direct map; 0 when none does. */
const pageOf = (view: MachineView, phys: bigint): bigint => {
  const found = walk(view, vaOfPhys(view.profile, physAddr(phys)));
  return found.kind === 'mapped' && found.phys === phys ? found.pageSize : 0n;
};

describe('split_mem_range', () => {
  const all = { pmd: true, pud: true };
  const show = (start: bigint, end: bigint, runs: readonly ByteRange[], allowed = all): string[] =>
    splitMemRange(start, end, allowed, runs).map(
      (piece) => `${hex(piece.start)}-${hex(piece.end)} ${piece.sizes.pud ? '1G' : piece.sizes.pmd ? '2M' : '4K'}`,
    );

  it('goes up from small pages to large ones and down again', () => {
    const runs = [range(MiB, 5n * GiB + 0x30_1000n)];
    expect(show(MiB, 5n * GiB + 0x30_1000n, runs)).toEqual([
      '0x100000-0x200000 4K',
      '0x200000-0x40000000 2M',
      '0x40000000-0x140000000 1G',
      '0x140000000-0x140200000 2M',
      '0x140200000-0x140301000 4K',
    ]);
    expect(show(MiB, 5n * GiB + 0x30_1000n, runs, { pmd: true, pud: false })).toEqual([
      '0x100000-0x200000 4K',
      '0x200000-0x140200000 2M',
      '0x140200000-0x140301000 4K',
    ]);
    expect(show(0n, MiB, runs, { pmd: false, pud: false })).toEqual(['0x0-0x100000 4K']);
  });

  it('takes the larger page for a part of it, where all around is RAM too', () => {
    expect(show(0x10_1000n, 0x30_0000n, [range(0n, GiB)])).toEqual(['0x101000-0x300000 1G']);
    expect(show(0x10_1000n, 0x30_0000n, [range(0n, 0x40_0000n)])).toEqual(['0x101000-0x300000 2M']);
    expect(show(0x10_1000n, 0x30_0000n, [range(0x10_0000n, 0x40_0000n)])).toEqual([
      '0x101000-0x200000 4K',
      '0x200000-0x300000 2M',
    ]);
  });

  it('splits nothing into nothing', () => {
    expect(show(MiB, MiB, [])).toEqual([]);
  });
});

describe('probe_page_size_mask', () => {
  it('turns PSE on, and takes Global out of the mask until it knows that the CPU has it', () => {
    given(p61)
      .booted()
      .when(probePageSizeMask)
      .thenFacts(
        'cr4.written 0xa0 0xb0',
        'tlb.flushed all cr4',
        'variable.set __supported_pte_mask 0xffffffffffffffff 0xfffffffffffffeff',
        'variable.set __supported_pte_mask 0xfffffffffffffeff 0xffffffffffffffff',
        'variable.set __default_kernel_pte_mask 0xffffffffffffffff 0xffffffffffffffff',
      );
  });

  it('turns PGE on where the start-up code left it off, and tells of pages of 1 GiB', () => {
    given(profile('linux-4.4', ['gbpages=y']))
      .booted()
      .when(probePageSizeMask)
      .thenAmongFacts(
        'variable.set',
        'cr4.written 0x30 0xb0',
        'tlb.flushed',
        'variable.set',
        'message.printed INFO Using GB pages for direct mapping',
      )
      .thenReturns((sizes) => sizes.pud);
  });

  it('leaves the own pages of an isolated kernel without Global', () => {
    given(profile('linux-6.1', ['pti=y']))
      .booted()
      .when(probePageSizeMask)
      .thenAmongFacts('variable.set __default_kernel_pte_mask 0xfffffffffffffeff 0xfffffffffffffeff');
  });
});

describe('init_mem_mapping', () => {
  it('maps all RAM at PAGE_OFFSET, and the first MiB whether RAM or not', () => {
    const { state } = ready()
      .when((k) => initMemMapping(k, smallPc))
      .thenNoFact('bug.raised')
      .thenNoFact('warn.raised');
    expect(
      [0n, 0x9_f000n, 0xb_8000n, MiB, 0x20_0000n, 0x100_0000n, 0x1fdf_f000n, 0x1ffd_f000n].map((phys) =>
        pageOf(state, phys),
      ),
    ).toEqual([0x1000n, 0x1000n, 0x1000n, 0x1000n, 0x20_0000n, 0x20_0000n, 0x20_0000n, 0x1000n]);
    expect(pageOf(state, 0x1ffe_0000n)).toBe(0n);
    expect(checkInvariants(state)).toEqual([]);
    expect(variable({ view: state } as never, 'max_pfn_mapped')).toBe(0x1ffe0n);
    expect(variable({ view: state } as never, 'high_memory')).toBe(0xffff_8880_1ffe_0000n);
  });

  it('switches to the final root and drops everything', () => {
    ready()
      .when((k) => initMemMapping(k, smallPc))
      .thenAmongFacts(
        'call.entered load_cr3(0xffffffff82a10000)',
        'cr3.loaded 0x30b6000 0x2a10000',
        'call.entered __flush_tlb_all',
        'tlb.flushed all cr4',
      )
      .thenState((state) => expect(rootOf(state)).toBe(0x2a1_0000n));
  });

  it('goes from the highest free 2 MiB down in growing steps, and last above them', () => {
    const { facts } = ready().when((k) => initMemMapping(k, fourGib));
    const ranges = facts.flatMap((fact) =>
      fact.type === 'call.entered' && fact.fn === 'init_memory_mapping' ? [fact.args.map(hex).join('-')] : [],
    );
    expect(ranges).toEqual([
      '0x0-0x100000',
      '0x13fe00000-0x140000000',
      '0x120000000-0x13fe00000',
      '0x100000-0xc0000000',
      '0x100000000-0x120000000',
    ]);
  });

  it('starts below what memblock has set aside', () => {
    const { facts } = ready()
      .with((k) => memblockReserve(k, 0x1f00_0000n, 0xfe_0000n, 'initrd'))
      .when((k) => initMemMapping(k, smallPc));
    const ranges = facts.flatMap((fact) =>
      fact.type === 'call.entered' && fact.fn === 'init_memory_mapping' ? [fact.args.map(hex).join('-')] : [],
    );
    expect(ranges).toEqual(['0x0-0x100000', '0x1ee00000-0x1f000000', '0x100000-0x1ee00000', '0x1f000000-0x1ffe0000']);
  });

  it('takes tables from the pages set aside behind bss, and from memory that is mapped where those cannot be used', () => {
    const many = [range(0x1000n, 0x9_fc00n), range(MiB, 20n * GiB)];
    const { facts, state } = ready().when((k) => initMemMapping(k, many));
    const frames = facts.flatMap((fact) => (fact.type === 'table.allocated' ? [fact.table] : []));
    // The range that holds the rest of those pages cannot be mapped with their help.
    expect(frames.slice(0, 6)).toEqual([0x3801, 0x3802, 0x3803, 0x3804, 0x4f_ffff, 0x4f_fffe]);
    expect(new Set(frames).size).toBe(frames.length);
    expect([GiB, 10n * GiB, 20n * GiB - 0x1000n].map((phys) => pageOf(state, phys))).toEqual([
      0x20_0000n,
      0x20_0000n,
      0x20_0000n,
    ]);
    expect(checkInvariants(state)).toEqual([]);
  });

  it('uses pages of 1 GiB on a CPU that has them', () => {
    const { state } = ready(profile('linux-6.1', ['gbpages=y'])).when((k) => initMemMapping(k, fourGib));
    expect([0x20_0000n, GiB, 2n * GiB, 4n * GiB].map((phys) => pageOf(state, phys))).toEqual([
      0x20_0000n,
      GiB,
      GiB,
      GiB,
    ]);
    expect(checkInvariants(state)).toEqual([]);
  });

  it('stores 0 behind the end of a range, but not where there is RAM', () => {
    const { facts } = ready().when((k) => initMemMapping(k, smallPc));
    const zeros = facts.filter((fact) => fact.type === 'pmd.written' && fact.after === 0n && fact.table === 0x3802);
    expect(new Set(zeros.map((fact) => fact.type === 'pmd.written' && fact.index))).toEqual(
      new Set(Array.from({ length: 256 }, (_, i) => 256 + i)),
    );
  });

  it.each([
    'linux-insides',
    'linux-4.4',
    'linux-4.14',
    'linux-4.19',
    'linux-6.12',
    'linux-6.1 la57=y',
    'linux-4.19 la57=y',
  ])('works in %s', (text) => {
    const [name, ...options] = text.split(' ');
    const { state } = ready(profile(name!, options))
      .when((k) => initMemMapping(k, fourGib))
      .thenNoFact('bug.raised');
    for (const phys of [0n, MiB, 0x20_0000n, 2n * GiB, 4n * GiB, 5n * GiB - 1n])
      expect(pageOf(state, phys)).toBeGreaterThan(0n);
    expect(pageOf(state, 3n * GiB)).toBe(0n);
    expect(checkInvariants(state)).toEqual([]);
    expect(
      walk(state, vaddr(state.profile.pageOffset)).kind === 'mapped' && walk(state, vaddr(state.profile.pageOffset)),
    ).toMatchObject({ effective: { global: true, writable: true, noExec: true } });
  });

  it('takes its RAM from the memory map, and a small PC where there is none', () => {
    const mapped = ready()
      .with((k) =>
        e820MemorySetup(k, {
          entries: [
            { start: 0n, size: 0x9_fc00n, type: E820.RAM },
            { start: MiB, size: 63n * MiB, type: E820.RAM },
          ],
        }),
      )
      .when((k) => initMemMapping(k)).state;
    expect([pageOf(mapped, 63n * MiB), pageOf(mapped, 64n * MiB)]).toEqual([0x20_0000n, 0n]);
    expect(pageOf(ready().when((k) => initMemMapping(k)).state, 0x1ffd_f000n)).toBe(0x1000n);
  });

  it('leaves early mappings as they are: both roots share their tables', () => {
    const { state } = ready().when((k) => initMemMapping(k, smallPc));
    const window = 0xffff_ffff_ff20_0000n;
    expect(walk(state, vaddr(window)).kind).toBe('not-present');
    expect(walk(state, vaddr(window))).toMatchObject({ stoppedAt: 'pte' });
  });
});

describe('cleanup_highmap', () => {
  it('clears the entries beside the image, and keeps those of text to brk', () => {
    const { state, facts } = given(p61).booted().with(earlyAllocPgtBuf).when(cleanupHighmap);
    expect(facts.filter((fact) => fact.type === 'pmd.written')).toHaveLength(491);
    const table = pfnOf(physAddr(0x2a1_6000n));
    const left = Array.from({ length: 512 }, (_, i) => i).filter((i) => state.pages.entry(table, i) !== 0n);
    expect(left).toEqual(Array.from({ length: 21 }, (_, i) => 8 + i));
  });
});

describe('brk', () => {
  it('ends with the image', () => {
    given(p61)
      .booted()
      .when((k) => extendBrk(k, 64n * MiB, 0x1000n))
      .thenFacts('bug.raised extend_brk')
      .thenReturns(null);
  });
});

describe('paging_init and mem_init', () => {
  it('map 2 MiB of struct page for each 128 MiB of memory', () => {
    const { state, facts } = ready()
      .with((k) => initMemMapping(k, smallPc))
      .when((k) => pagingInit(k, smallPc))
      .thenAmongFacts(
        'memory.reserved 0x1f600000 0x1fe00000 struct page',
        'table.allocated',
        'pgd.populated init_top_pgt[468]',
        'pmd.written',
      );
    expect(
      facts
        .filter((fact) => fact.type === 'pmd.written')
        .map((fact) => fact.type === 'pmd.written' && fact.after & (PTE.PSE | PTE.GLOBAL | PTE.NX)),
    ).toEqual(Array(4).fill(PTE.PSE | PTE.GLOBAL | PTE.NX));
    expect(checkInvariants(state)).toEqual([]);
  });

  it('fill the root entries of the vmalloc area in 6.x, 64 with 4 levels', () => {
    const { facts } = ready()
      .with((k) => initMemMapping(k, smallPc))
      .when(memInit);
    expect(
      facts.filter((fact) => fact.type === 'pgd.populated').map((fact) => fact.type === 'pgd.populated' && fact.index),
    ).toEqual(Array.from({ length: 64 }, (_, i) => 402 + i));
    const old = ready(profile('linux-4.19'))
      .with((k) => initMemMapping(k, smallPc))
      .when(memInit).facts;
    expect(old.filter((fact) => fact.type === 'pgd.populated')).toEqual([]);
  });
});
