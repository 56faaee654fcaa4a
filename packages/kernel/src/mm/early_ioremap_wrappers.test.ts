import { describe, expect, it } from 'vitest';
import { profile, profileNames, type KernelProfile } from '@kwind/x86';
import { given } from '@kwind/testkit';
import { boot } from '../boot/boot.ts';
import type { KernelContext } from '../context.ts';
import { findKernelFunction } from '../functions.ts';
import { setFixmap } from '../arch/x86/mm/fixmap.ts';
import {
  checkEarlyIoremapLeak,
  earlyIoremap,
  earlyIoremapInner,
  earlyIoremapReset,
  earlyIoremapSetup,
  earlyIounmap,
  earlyMemremap,
  earlyMemremapProt,
  earlyMemremapRo,
  earlyMemunmap,
} from './early_ioremap.ts';
import { copyFromEarlyMem } from './early_ioremap_copy.ts';

const SLOT0 = 0xffff_ffff_ff20_0000n;
const booted = (target: KernelProfile = profile('linux-6.1')) => given(target).booted();

describe('the mapping functions', () => {
  it.each(profileNames)('write the bits of their names into the entry, in %s', (name) => {
    const bits = (run: (k: KernelContext) => unknown): string =>
      booted(profile(name))
        .when(run)
        .lines()
        .find((line) => line.startsWith('pte.written'))!
        .split(' ')
        .at(-1)!;
    expect(bits((k) => earlyIoremap(k, 0x1000n, 1n))).toBe('0x8000000000001163');
    expect(bits((k) => earlyMemremap(k, 0x1000n, 1n))).toBe('0x8000000000001163');
    expect(bits((k) => earlyMemremapRo(k, 0x1000n, 1n))).toBe(
      name === 'linux-6.12' ? '0x8000000000001121' : '0x8000000000001161',
    );
    expect(bits((k) => earlyMemremapProt(k, 0x1000n, 1n, 0x163n))).toBe('0x1163');
  });

  it('are write-back by their bits: neither PCD nor PWT, not even for device memory', () => {
    expect(profile('linux-6.1').prots['FIXMAP_PAGE_IO']! & 0x18n).toBe(0n);
  });

  it('call __early_ioremap with the very arguments', () => {
    booted()
      .when((k) => earlyMemremap(k, 0xf5a20n, 0x178n))
      .thenAmongFacts(
        'call.entered early_memremap(0xf5a20, 0x178)',
        'call.entered __early_ioremap(0xf5a20, 0x178, 0x8000000000000163)',
      );
  });

  it('early_memunmap is early_iounmap', () => {
    booted()
      .with((k) => earlyMemremap(k, 0x1000n, 1n))
      .when((k) => earlyMemunmap(k, SLOT0, 1n))
      .thenAmongFacts(
        'call.entered early_memunmap(0xffffffffff200000, 0x1)',
        'call.entered early_iounmap(0xffffffffff200000, 0x1)',
        'slot.released 0',
      );
  });

  it.each([
    ['early_memremap_prot', 'linux-4.4', false],
    ['early_memremap_prot', 'linux-insides', false],
    ['early_memremap_prot', 'linux-4.14', true],
    ['early_memremap_ro', 'linux-4.4', true],
    ['copy_from_early_mem', 'linux-4.4', true],
    ['early_ioremap_shutdown', 'linux-4.19', true],
    ['early_ioremap_shutdown', 'linux-6.1', false],
  ])('%s in %s: %s', (fn, name, there) => {
    expect(findKernelFunction(fn)!.missing!({ profile: profile(name) }) === undefined).toBe(there);
  });
});

describe('copy_from_early_mem', () => {
  const copy = (src: bigint, size: bigint) =>
    booted().when((k) => copyFromEarlyMem(k, k.profile.pageOffset, src, size));
  const pieces = (src: bigint, size: bigint): readonly string[] =>
    copy(src, size)
      .lines(true)
      .flatMap((line) => /^call.entered early_memremap\((.*)\)$/.exec(line)?.[1] ?? []);

  it('maps one page for a few bytes, reads it, and unmaps the same size', () => {
    copy(0x5010n, 0x20n).thenAmongFacts(
      'call.entered early_memremap(0x5000, 0x30)',
      'memory.loaded 0x5010 walk',
      'call.entered early_memunmap(0xffffffffff200000, 0x30)',
      'slot.released 0',
    );
  });

  it('takes pieces of at most one window, of which the offset of the first is part', () => {
    expect(pieces(0x10_0000n, 0x80000n)).toEqual(['0x100000, 0x40000', '0x140000, 0x40000']);
    expect(pieces(0x10_0010n, 0x80000n)).toEqual(['0x100000, 0x40000', '0x140000, 0x40000', '0x180000, 0x10']);
    expect(pieces(0x10_0fffn, 1n)).toEqual(['0x100000, 0x1000']);
    expect(pieces(0x10_0fffn, 0x3f001n)).toEqual(['0x100000, 0x40000']);
  });

  it('reads every page once, through slot 0 alone', () => {
    const then = copy(0x10_0010n, 0x41000n);
    const loads = then.lines().filter((line) => line.startsWith('memory.loaded'));
    expect(loads).toHaveLength(0x42);
    expect(then.facts.every((fact) => fact.type !== 'slot.claimed' || fact.slot === 0)).toBe(true);
  });

  it('copies nothing for size 0', () => {
    copy(0x1000n, 0n).thenFacts();
  });

  it('does not look whether it got a mapping: with all slots taken it reads near NULL', () => {
    const taken = booted().with((k) => {
      for (let i = 0; i < 8; i++) earlyIoremap(k, 0n, 1n);
    });
    taken
      .when((k) => copyFromEarlyMem(k, 0n, 0x5010n, 0x20n))
      .thenAmongFacts('warn.raised __early_ioremap', 'fault.raised load 0x10')
      .thenNoFact('call.entered early_memunmap');
  });
});

describe('early_ioremap_reset', () => {
  it('calls the empty early_ioremap_shutdown() first, up to 5.0', () => {
    booted(profile('linux-4.19'))
      .when(earlyIoremapReset)
      .thenAmongFacts('call.entered early_ioremap_shutdown()', 'variable.set after_paging_init 0x0 0x1');
    booted(profile('linux-6.1'))
      .when(earlyIoremapReset)
      .thenFacts('variable.set after_paging_init 0x0 0x1')
      .thenNoFact('call.entered early_ioremap_shutdown');
  });

  it('makes later mappings go through the late setter, which walks the tables of init_mm', () => {
    booted()
      .with(earlyIoremapReset)
      .when((k) => earlyIoremap(k, 0x1000n, 1n))
      .thenAmongFacts(
        'call.entered __late_set_fixmap(0x5ff, 0x1000, 0x8000000000000163)',
        'call.entered native_set_fixmap',
        'call.entered set_pte_vaddr',
        'pte.written bm_pte[0]',
        'slot.claimed 0',
      )
      .thenNoFact('call.entered __early_set_fixmap');
  });

  it('keeps the order of indices and addresses there', () => {
    booted()
      .with(earlyIoremapReset)
      .when((k) => earlyIoremap(k, 0x1000n, 0x2000n))
      .thenAmongFacts(
        'call.entered __late_set_fixmap(0x5ff, 0x1000, 0x8000000000000163)',
        'call.entered __late_set_fixmap(0x5fe, 0x2000, 0x8000000000000163)',
      )
      .thenAmongFacts('pte.written bm_pte[0]', 'pte.written bm_pte[1]')
      .when((k) => earlyIounmap(k, SLOT0, 0x2000n))
      .thenAmongFacts('call.entered __late_clear_fixmap(0x5ff)', 'call.entered __late_clear_fixmap(0x5fe)');
  });

  it('makes later unmappings clear through it too', () => {
    booted()
      .with((k) => earlyIoremap(k, 0x1000n, 1n))
      .with(earlyIoremapReset)
      .when((k) => earlyIounmap(k, SLOT0, 1n))
      .thenAmongFacts(
        'call.entered __late_clear_fixmap(0x5ff)',
        'pte.written bm_pte[0] 0x8000000000001163 -> 0x0',
        'variable.set fixmaps_set 0x0 0x1',
        'slot.released 0',
      );
  });
});

describe('check_early_ioremap_leak', () => {
  it('is silent and 0 when all slots are free', () => {
    booted().when(checkEarlyIoremapLeak).thenFacts().thenReturns(0n);
  });

  it('warns in two lines and returns 1, counting slots and not pages', () => {
    booted()
      .with((k) => [earlyIoremap(k, 0x1000n, 0x5000n), earlyIoremap(k, 0x9000n, 1n)])
      .when(checkEarlyIoremapLeak)
      .thenFacts(
        'warn.raised check_early_ioremap_leak Debug warning: early ioremap leak of 2 areas detected.\nplease boot with early_ioremap_debug and report the dmesg.',
      )
      .thenReturns(1n);
  });

  it('does not look at permanent fixmaps', () => {
    booted()
      .with((k) => setFixmap(k, 514, 0xfee00000n as never))
      .when(checkEarlyIoremapLeak)
      .thenReturns(0n);
  });

  it('does not count a mapping that was refused', () => {
    booted()
      .with((k) => earlyIoremap(k, 0x1000n, 0x40001n))
      .when(checkEarlyIoremapLeak)
      .thenReturns(0n);
  });
});

describe('a kernel without CONFIG_MMU', () => {
  const noMmu = profile('linux-6.1', ['CONFIG_MMU=n']);
  const start = () => given(noMmu).booted();

  it.each([
    ['early_ioremap', (k: KernelContext) => earlyIoremap(k, 0xf0123n, 0x10n)],
    ['early_memremap', (k: KernelContext) => earlyMemremap(k, 0xf0123n, 0x10n)],
    ['early_memremap_ro', (k: KernelContext) => earlyMemremapRo(k, 0xf0123n, 0x10n)],
  ])('hands the physical address back from %s, whatever the size', (_, run) => {
    start().when(run).thenFacts().thenReturns(0xf0123n);
  });

  it('refuses nothing: size 0, wrap and length are not looked at', () => {
    start()
      .when((k) => earlyIoremap(k, 0xffff_ffff_ffff_ffffn, 0x100000n))
      .thenFacts()
      .thenReturns(0xffff_ffff_ffff_ffffn);
  });

  it('does nothing in early_iounmap, which early_memunmap still calls', () => {
    start()
      .when((k) => earlyMemunmap(k, 0x1234n, 1n))
      .thenFacts()
      .thenAmongFacts('call.entered early_memunmap', 'call.entered early_iounmap', 'call.returned early_iounmap');
  });

  it('boots without a single table or slot', () => {
    given(noMmu)
      .when(boot)
      .thenFacts('phase.entered setup_arch')
      .thenState((state) => state.pages.size === 0);
  });

  it.each([
    '__early_ioremap',
    'early_memremap_prot',
    'early_ioremap_setup',
    'set_fixmap',
    'copy_from_early_mem',
    'startup_64',
  ])('has no %s()', (fn) => {
    expect(findKernelFunction(fn)!.missing!({ profile: noMmu })).toContain('CONFIG_MMU');
  });
});

describe('early_ioremap over the life of the kernel', () => {
  it('leaves bm_pte linked and empty when everything is unmapped', () => {
    booted()
      .with((k) => earlyIoremap(k, 0x1000n, 0x3000n))
      .when((k) => earlyIounmap(k, SLOT0, 0x3000n))
      .thenTables('pgd[511] -> pud[511] -> pmd[505] -> (empty table)', [SLOT0, SLOT0 + 0x1f_ffffn]);
  });

  it('writes into bm_pte before early_ioremap_init() too, and gives NULL back, because no slot has its base yet', () => {
    given(profile('linux-6.1'))
      .when((k) => earlyIoremapInner(k, 0x1000n, 1n, 0x163n))
      .thenAmongFacts('pte.written bm_pte[0]', 'slot.claimed 0 0x0')
      .thenReturns(0n);
  });
});

describe('early_ioremap_setup', () => {
  const twice = (name: string) =>
    booted(profile(name))
      .with((k) => [earlyIoremap(k, 0x1000n, 1n), earlyIoremap(k, 0x2000n, 1n)])
      .when(earlyIoremapSetup);
  const based = Array.from({ length: 8 }, (_, i) => `slot.based ${i}`);

  it('warns once before it bases all slots, up to 6.10', () => {
    twice('linux-6.1').thenFacts('warn.raised early_ioremap_setup', ...based);
  });

  it('warns at the slot in use and once a boot, in 6.12', () => {
    twice('linux-6.12')
      .thenFacts('variable.set early_ioremap_setup.__already_done', 'warn.raised early_ioremap_setup', ...based)
      .when(earlyIoremapSetup)
      .thenFacts(...based);
  });

  it('is silent when all slots are free', () => {
    booted()
      .when(earlyIoremapSetup)
      .thenFacts(...based);
  });
});
