// What a well-known tutorial on this code says loosely or wrongly, and what the kernel does: one test a statement.
import { describe, expect, it } from 'vitest';
import {
  fixaddrSize,
  fixaddrStart,
  fixmapEnumerators,
  fixToVirtUnchecked,
  PAGE_MASK,
  profile,
  profileNames,
  vaddr,
  type KernelProfile,
} from '@kwind/x86';
import { walk } from '@kwind/state';
import { given } from '@kwind/testkit';
import type { KernelContext } from './context.ts';
import { earlySetFixmap } from './arch/x86/mm/ioremap.ts';
import { flushAll, flushLocal, flushOneKernel, loadPgd } from './arch/x86/mm/tlb.ts';
import { load } from './cpu/mmu.ts';
import { virtToFix } from './include/asm-generic/fixmap.ts';
import { earlyIoremap, earlyIounmap, earlyMemremap } from './mm/early_ioremap.ts';

const p61 = profile('linux-6.1');
const insides = profile('linux-insides');
const booted = (target: KernelProfile = p61) => given(target).booted();
const all = profileNames.map((name) => [name, profile(name)] as const);

describe('the fixmap', () => {
  it.each(all)('has FIX_BTMAP_BEGIN at the higher index and the lower address, in %s', (_, { fixmap, ...rest }) => {
    const target = { fixmap, ...rest };
    expect(fixmap.btmapBegin).toBeGreaterThan(fixmap.btmapEnd);
    expect(fixToVirtUnchecked(target, fixmap.btmapBegin)).toBeLessThan(fixToVirtUnchecked(target, fixmap.btmapEnd));
  });

  it.each(all)(
    'starts the early indices at a multiple of 512, not right after the permanent ones, in %s',
    (_, { fixmap }) => {
      expect(fixmap.btmapEnd % 512).toBe(0);
      expect(fixmap.btmapEnd).toBeGreaterThan(fixmap.endOfPermanent);
    },
  );

  it('counts 511 indices that nobody owns where vsyscall emulation is built in', () => {
    expect(fixmapEnumerators(p61).get('VSYSCALL_PAGE')).toBe(511);
    expect(p61.fixmap.endOfPermanent).toBe(646);
    expect(p61.fixmap.entries.reduce((pages, entry) => pages + (entry.index < 646 ? entry.pages : 0), 0)).toBe(
      646 - 511,
    );
  });

  it('takes 536 KiB only in a build without vsyscall emulation and paravirt; any distribution has over 2.5 MiB', () => {
    expect(fixaddrSize(insides)).toBe(536n * 1024n);
    for (const [, target] of all.filter(([name]) => name !== 'linux-insides')) {
      expect(fixaddrSize(target)).toBeGreaterThan(2500n * 1024n);
    }
  });

  it.each(all)('lies above the modules area, not in it, in %s', (_, target) => {
    expect(fixToVirtUnchecked(target, target.fixmap.endOfFixed - 1)).toBeGreaterThanOrEqual(target.modulesEnd);
  });

  it('moves down with the number of CPUs in 4.14, and the end of the modules with it', () => {
    const [few, many] = [8, 512].map((cpus) => profile('linux-4.14', [`nr_cpus=${cpus}`])) as [
      KernelProfile,
      KernelProfile,
    ];
    expect(many.fixmap.btmapEnd).toBeGreaterThan(few.fixmap.btmapEnd);
    expect(many.modulesEnd).toBeLessThan(few.modulesEnd);
    expect(booted(many).when(() => {}).state.control.slots[0]!.virt).toBe(0xffff_ffff_ff00_0000n);
    expect(booted(few).when(() => {}).state.control.slots[0]!.virt).toBe(0xffff_ffff_ff20_0000n);
  });

  it('has the page of the IDT, read-only, in 4.x up to 4.14 alone', () => {
    const names = (name: string): boolean => fixmapEnumerators(profile(name)).has('FIX_RO_IDT');
    expect(['linux-insides', 'linux-4.4', 'linux-4.14'].every(names)).toBe(true);
    expect(['linux-4.19', 'linux-6.1', 'linux-6.12'].some(names)).toBe(false);
  });

  it('turns an address into an index by a shift, which divides by the page size', () => {
    const ask = (address: bigint) => given(p61).when((k) => virtToFix(k, vaddr(address)));
    ask(0xffff_ffff_ff5f_d000n).thenReturns((0xffff_ffff_ff7f_f000n - 0xffff_ffff_ff5f_d000n) / 4096n);
  });

  it('accepts for virt_to_fix from FIXADDR_START to below FIXADDR_TOP: index 0 and all early windows are out', () => {
    const ask = (address: bigint) => given(p61).when((k) => virtToFix(k, vaddr(address)));
    ask(fixaddrStart(p61)).thenReturns(BigInt(p61.fixmap.endOfPermanent));
    ask(p61.fixaddrTop).thenReturns(null);
    ask(0xffff_ffff_ff20_0000n).thenReturns(null);
  });
});

describe('the static tables', () => {
  it.each(all)(
    'have 506 empty entries, then one table up to 4.14 or two from 4.19 on, then 5 or 4 empty ones, in %s',
    (name, target) => {
      const { state } = given(target)
        .booted()
        .when(() => {});
      const linked = [506, 507].filter(
        (index) =>
          walk(state, vaddr(0xffff_ffff_c000_0000n + (BigInt(index) << 21n))).kind === 'not-present' &&
          isTable(state, index),
      );
      expect(linked).toEqual(['linux-insides', 'linux-4.4', 'linux-4.14'].includes(name) ? [506] : [506, 507]);
    },
  );

  const isTable = (state: Parameters<typeof walk>[0], index: number): boolean => {
    const found = walk(state, vaddr(0xffff_ffff_c000_0000n + (BigInt(index) << 21n)));
    return found.kind === 'not-present' && found.stoppedAt === 'pte';
  };

  it('let level2_fixmap_pgt cover the last GiB, modules included, not what follows the kernel image', () => {
    const { state } = booted().when(() => {});
    for (const address of [0xffff_ffff_c000_0000n, 0xffff_ffff_ffff_f000n]) {
      const found = walk(state, vaddr(address));
      expect(found.kind === 'not-present' && found.steps.at(-1)).toMatchObject({ name: 'level2_fixmap_pgt' });
    }
  });
});

describe('__early_ioremap', () => {
  it('stays in use after init_mem_mapping() switched the root and flushed everything', () => {
    booted()
      .with((k) => loadPgd(k, k.profile.symbols['init_top_pgt']!))
      .with((k) => flushAll(k))
      .when((k) => load(k, earlyIoremap(k, 0xf0000n, 1n)!))
      .thenAmongFacts('call.entered __early_set_fixmap', 'memory.loaded 0xf0000 walk');
  });

  it('picks the entry by the virtual address of the index, not by the physical address', () => {
    const set = (idx: number) => booted().when((k) => earlySetFixmap(k, idx, 0xf0000n as never, 0x163n));
    set(1535).thenAmongFacts('pte.written bm_pte[0]');
    set(1534).thenAmongFacts('pte.written bm_pte[1]');
  });

  it('looks at the flags inside __early_set_fixmap: 0 clears', () => {
    booted()
      .when((k) => earlySetFixmap(k, 1535, 0xf0000n as never, 0n))
      .thenAmongFacts('pte.written bm_pte[0] 0x0 -> 0x0');
  });

  it('gets FIXMAP_PAGE_NORMAL from early_memremap and FIXMAP_PAGE_IO from early_ioremap, which are one value', () => {
    expect(p61.prots['FIXMAP_PAGE_NORMAL']).toBe(p61.prots['FIXMAP_PAGE_IO']);
    const entry = (run: (k: KernelContext) => unknown): string => booted().when(run).lines()[1]!;
    expect(entry((k) => earlyMemremap(k, 0xf0000n, 1n))).toBe(entry((k) => earlyIoremap(k, 0xf0000n, 1n)));
  });

  it('keeps with PAGE_MASK all but the low 12 bits', () => {
    expect(0xfed4_0123n & PAGE_MASK).toBe(0xfed4_0000n);
  });

  it('sets prev_size after the check for zero and wrap and before the check of the length', () => {
    booted()
      .when((k) => earlyIoremap(k, 0n, 0n))
      .thenNoFact('slot.sized');
    booted()
      .when((k) => earlyIoremap(k, 0n, 0x40001n))
      .thenFacts('slot.sized 0 0x0 -> 0x40001', 'warn.raised');
  });
});

describe('early_iounmap', () => {
  const mapped = () => booted().with((k) => earlyIoremap(k, 0xf0000n, 0x3000n));
  const base = 0xffff_ffff_ff20_0000n;

  it('checks pointer and size first, then clears every page of the span with address 0 and no bits', () => {
    mapped()
      .when((k) => earlyIounmap(k, base, 0x1000n))
      .thenFacts('warn.raised');
    mapped()
      .when((k) => earlyIounmap(k, base, 0x3000n))
      .thenAmongFacts(
        'call.entered __early_set_fixmap(0x5ff, 0x0, 0x0)',
        'call.entered __early_set_fixmap(0x5fe, 0x0, 0x0)',
        'call.entered __early_set_fixmap(0x5fd, 0x0, 0x0)',
      );
  });

  it('never takes the late branch on x86-64, not even after the root was switched', () => {
    mapped()
      .with((k) => loadPgd(k, k.profile.symbols['init_top_pgt']!))
      .when((k) => earlyIounmap(k, base, 0x3000n))
      .thenNoFact('call.entered __late_clear_fixmap');
  });
});

describe('the two ways to flush the TLB', () => {
  const cachedAndCleared = (target: KernelProfile) =>
    booted(target)
      .with((k) => load(k, earlyIoremap(k, 0xf0000n, 1n)!))
      .with((k) =>
        k.emit({
          type: 'pte.written',
          table: Number((k.profile.symbols['bm_pte']! - k.profile.startKernelMap + k.profile.physBase) >> 12n) as never,
          index: 0,
          before: 0x8000_0000_000f_0163n as never,
          after: 0n as never,
        }),
      );
  const first = (k: KernelContext) => k.view.control.slots[0]!.virt;

  it('are not equal: after a reload of CR3 the global mapping is still used, after invlpg it is gone', () => {
    cachedAndCleared(insides)
      .with((k) => flushLocal(k))
      .when((k) => load(k, first(k)))
      .thenFacts('memory.loaded 0xf0000 tlb stale');
    cachedAndCleared(insides)
      .with((k) => flushOneKernel(k, first(k)))
      .when((k) => load(k, first(k)))
      .thenFacts('fault.raised load 0xffffffffff400000');
  });

  it('are chosen by cpu_has_invlpg only in a kernel older than the rest of the text: all builds here have it', () => {
    for (const [, target] of all) expect(target.tlb.cpuHasInvlpg).toBe(true);
  });
});
