import { describe, expect, it } from 'vitest';
import { physAddr, profile, vaddr, type KernelProfile } from '@kwind/x86';
import { fixmapUses } from '@kwind/state';
import { given } from '@kwind/testkit';
import type { KernelContext } from '../../../context.ts';
import { fixToVirt, virtToFix } from '../../../include/asm-generic/fixmap.ts';
import { startup64 } from '../kernel/head_64.ts';
import {
  clearFixmap,
  lateClearFixmap,
  lateSetFixmap,
  setFixmap,
  setFixmapIo,
  setFixmapNocache,
  setFixmapOffset,
  setFixmapRaw,
} from './fixmap.ts';
import { setPteVaddr } from './init_64.ts';
import { nativeSetFixmapEntry } from './pgtable.ts';
import { setVariable } from '../../../variables.ts';

const p61 = profile('linux-6.1');
const booted = (target: KernelProfile = p61) => given(target).booted();
const APIC = physAddr(0xfee00000n);

describe('set_fixmap', () => {
  it('goes down to set_pte_vaddr, writes, flushes, and counts', () => {
    booted()
      .when((k) => setFixmapNocache(k, 514, APIC))
      .thenAmongFacts(
        'call.entered set_fixmap_nocache(0x202, 0xfee00000)',
        'call.entered native_set_fixmap(0x202, 0xfee00000, 0x800000000000017b)',
        'call.entered __native_set_fixmap(0x202, 0x80000000fee0017b)',
        'call.entered set_pte_vaddr(0xffffffffff5fd000, 0x80000000fee0017b)',
        'pte.written level1_fixmap_pgt[509] 0x0 -> 0x80000000fee0017b',
        'tlb.page-flushed 0xffffffffff5fd000',
        'variable.set fixmaps_set 0x0 0x1',
      );
  });

  it.each([
    ['set_fixmap', setFixmap, '0x80000000fee00163'],
    ['set_fixmap_nocache', setFixmapNocache, '0x80000000fee0017b'],
    ['set_fixmap_io', setFixmapIo, '0x80000000fee00163'],
  ] as const)('%s has its own bits', (_, run, entry) => {
    booted()
      .when((k) => run(k, 514, APIC))
      .thenAmongFacts(`pte.written level1_fixmap_pgt[509] 0x0 -> ${entry}`);
  });

  it('clear_fixmap stores 0, flushes, and counts up as well: the counter never falls', () => {
    booted()
      .with((k) => setFixmap(k, 514, APIC))
      .when((k) => clearFixmap(k, 514))
      .thenFacts(
        'pte.written level1_fixmap_pgt[509] 0x80000000fee00163 -> 0x0',
        'tlb.page-flushed',
        'variable.set fixmaps_set 0x1 0x2',
      );
  });

  it('shows up in the list of the fixmap', () => {
    const { state } = booted().when((k) => setFixmapNocache(k, 514, APIC));
    const mapped = fixmapUses(state).filter((use) => use.walk.kind === 'mapped');
    expect(mapped.map((use) => use.entry.name)).toEqual(['FIX_APIC_BASE']);
  });

  it('is a BUG past the end: nothing is written or counted', () => {
    booted()
      .when((k) => setFixmap(k, 1537, APIC))
      .thenFacts('bug.raised __native_set_fixmap');
  });

  it('__set_fixmap takes any bits, __set_fixmap_offset returns the byte', () => {
    booted()
      .when((k) => setFixmapRaw(k, 514, APIC, 0x163n))
      .thenAmongFacts('pte.written level1_fixmap_pgt[509] 0x0 -> 0xfee00163');
    booted()
      .when((k) => setFixmapOffset(k, 514, physAddr(0xfee00123n), 0x163n))
      .thenReturns(0xffff_ffff_ff5f_d123n);
    booted()
      .when((k) => setFixmapOffset(k, 1537, APIC, 0x163n))
      .thenReturns(null)
      .thenAmongFacts('bug.raised __native_set_fixmap', 'bug.raised fix_to_virt');
  });

  it('masks the bits with __default_kernel_pte_mask from 4.19 on, and not before', () => {
    const entry = (name: string, mask: bigint): string =>
      booted(profile(name))
        .with((k) => setVariable(k, '__default_kernel_pte_mask', mask))
        .when((k) => setFixmap(k, 520, APIC))
        .lines()
        .find((line) => line.startsWith('pte.written'))!;
    expect(entry('linux-6.1', ~0x100n & 0xffff_ffff_ffff_ffffn)).toContain('-> 0x80000000fee00063');
    expect(entry('linux-4.4', ~0x100n & 0xffff_ffff_ffff_ffffn)).toContain('-> 0x80000000fee00163');
  });

  it('writes to the early window too if told so: through the tables, not straight into bm_pte', () => {
    booted()
      .when((k) => setFixmap(k, 1535, APIC))
      .thenAmongFacts('call.entered set_pte_vaddr', 'pte.written bm_pte[0]');
  });

  it('fails the build when the permanent indices outgrow the static tables, from 4.19 on', () => {
    const large: KernelProfile = { ...p61, fixmap: { ...p61.fixmap, endOfPermanent: 1025 } };
    booted(large)
      .when((k) => setFixmap(k, 514, APIC))
      .thenFacts(
        'bug.raised __native_set_fixmap BUILD_BUG_ON(__end_of_permanent_fixed_addresses > FIXMAP_PMD_NUM * PTRS_PER_PTE)',
      );
  });

  it('is under the late names what early_ioremap would use', () => {
    booted()
      .when((k) => lateSetFixmap(k, 1535, APIC, 0x163n))
      .thenAmongFacts('call.entered __set_fixmap', 'pte.written bm_pte[0] 0x0 -> 0xfee00163');
    booted()
      .with((k) => lateSetFixmap(k, 1535, APIC, 0x163n))
      .when((k) => lateClearFixmap(k, 1535))
      .thenAmongFacts('pte.written bm_pte[0] 0xfee00163 -> 0x0');
  });
});

describe('set_pte_vaddr', () => {
  it("allocates the table that old kernels have no static page for: index 0 of the book's build", () => {
    booted(profile('linux-insides'))
      .when((k) => setFixmap(k, 2, APIC))
      .thenAmongFacts(
        'call.entered spp_getpage()',
        'table.allocated 0x1ffdf000 pte',
        'pmd.populated level2_fixmap_pgt[507] 0x0 -> 0x1ffdf067',
        'pte.written 0x1ffdf000[509]',
      );
  });

  it('needs no new table in 6.1, which has two static ones', () => {
    booted()
      .when((k) => setFixmap(k, 511, APIC))
      .thenAmongFacts('pte.written level1_fixmap_pgt+0x1000[0]')
      .thenNoFact('table.allocated');
  });

  it('needs a new table for the vsyscall page in 4.14', () => {
    booted(profile('linux-4.14'))
      .when((k) => setFixmap(k, 511, APIC))
      .thenAmongFacts('table.allocated', 'pmd.populated level2_fixmap_pgt[507]');
  });

  it('allocates every missing level, top down, and hands out frames downwards', () => {
    booted()
      .with((k) =>
        k.emit({
          type: 'pgd.populated',
          table: 0x2a10 as never,
          index: 402,
          before: 0n as never,
          after: 0x5067n as never,
        }),
      )
      .when((k) => setPteVaddr(k, vaddr(0xffff_c900_0000_0000n), 0x1163n))
      .thenFacts(
        'variable.set kwind.next_page',
        'table.allocated 0x1ffdf000 pmd',
        'pud.populated 0x5000[0] 0x0 -> 0x1ffdf067',
        'variable.set kwind.next_page',
        'table.allocated 0x1ffde000 pte',
        'pmd.populated 0x1ffdf000[0] 0x0 -> 0x1ffde067',
        'pte.written 0x1ffde000[0] 0x0 -> 0x1163',
        'tlb.page-flushed 0xffffc90000000000',
      );
  });

  it('complains about a missing pgd entry and stores nothing', () => {
    booted()
      .when((k) => setPteVaddr(k, vaddr(0xffff_c900_0000_0000n), 0x1163n))
      .thenFacts('message.printed ERR PGD FIXMAP MISSING, it should be setup in head.S!');
  });

  it('uses the tables of init_mm, not CR3: before x86_64_start_kernel() they have no entry', () => {
    given(p61)
      .with(startup64)
      .when((k) => nativeSetFixmapEntry(k, 514, 0x1163n))
      .thenAmongFacts(
        'message.printed ERR PGD FIXMAP MISSING, it should be setup in head.S!',
        'variable.set fixmaps_set 0x0 0x1',
      );
  });
});

describe('fix_to_virt', () => {
  const ask = (idx: number) => given(p61).when((k: KernelContext) => fixToVirt(k, idx));

  it('is FIXADDR_TOP minus idx pages', () => {
    ask(0).thenReturns(0xffff_ffff_ff7f_f000n);
    ask(511).thenReturns(0xffff_ffff_ff60_0000n);
    ask(1535).thenReturns(0xffff_ffff_ff20_0000n);
    ask(1536).thenReturns(0xffff_ffff_ff1f_f000n);
  });

  it('is a BUG from __end_of_fixed_addresses on', () => {
    ask(1537).thenReturns(null).thenFacts('bug.raised fix_to_virt');
  });
});

describe('virt_to_fix', () => {
  const ask = (address: bigint) => given(p61).when((k: KernelContext) => virtToFix(k, vaddr(address)));

  it('is the inverse in the permanent area, and ignores the offset', () => {
    ask(0xffff_ffff_ff5f_d123n).thenReturns(514n);
  });

  it('accepts FIXADDR_START and gives one past the last permanent index', () => {
    ask(0xffff_ffff_ff57_9000n).thenReturns(646n).thenFacts();
  });

  it.each([
    ['the page of index 0', 0xffff_ffff_ff7f_f000n],
    ['the last byte of that page', 0xffff_ffff_ff7f_ffffn],
    ['the byte below FIXADDR_START', 0xffff_ffff_ff57_8fffn],
    ['an early window', 0xffff_ffff_ff20_0000n],
    ['FIX_TBOOT_BASE', 0xffff_ffff_ff1f_f000n],
  ])('is a BUG for %s', (_, address) => {
    ask(address).thenReturns(null).thenFacts('bug.raised virt_to_fix');
  });
});
