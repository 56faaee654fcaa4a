import { describe, expect, it } from 'vitest';
import { cacheModeBits, type CacheMode } from '../cache-mode.ts';
import { PTE } from '../pte.ts';
import { defaultProfileName, overrideKeys, parseOverrides, profile, profileNames } from './index.ts';

describe('profiles', () => {
  it('are six, and the default is one of them', () => {
    expect(profileNames).toEqual(['linux-insides', 'linux-4.4', 'linux-4.14', 'linux-4.19', 'linux-6.1', 'linux-6.12']);
    expect(profileNames).toContain(defaultProfileName);
    for (const name of profileNames) expect(profile(name).name).toBe(name);
  });

  it('cannot be changed, however deep', () => {
    const p = profile('linux-6.1', ['nr_cpus=4']);
    for (const part of [
      p,
      p.fixmap,
      p.fixmap.entries,
      p.fixmap.entries[0],
      p.prots,
      p.symbols,
      p.tlb,
      p.config,
      p.overrides,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('of an unknown name are refused with the nearest one', () => {
    expect(() => profile('linux-6.2')).toThrow(
      expect.objectContaining({ code: 'profile/unknown', hint: 'Did you mean linux-6.1?' }),
    );
    expect(() => profile('windows')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('linux-insides') }),
    );
  });
});

describe('protections', () => {
  it('of early mappings are cached, global, not executable', () => {
    for (const name of profileNames) {
      const { prots } = profile(name);
      expect(prots['FIXMAP_PAGE_IO']).toBe(0x8000_0000_0000_0163n);
      expect(prots['FIXMAP_PAGE_NORMAL']).toBe(0x8000_0000_0000_0163n);
      expect(prots['PAGE_KERNEL']).toBe(0x8000_0000_0000_0163n);
      expect(prots['FIXMAP_PAGE_NOCACHE']).toBe(0x8000_0000_0000_017bn);
      expect(prots['FIXMAP_PAGE_CLEAR']).toBe(0n);
      expect(prots['_KERNPG_TABLE']).toBe(0x063n);
      expect(prots['_PAGE_TABLE']).toBe(0x067n);
      expect(prots['PAGE_KERNEL_EXEC']).toBe(0x163n);
      expect(prots['PAGE_KERNEL_LARGE']).toBe(0x8000_0000_0000_01e3n);
      expect(prots['PAGE_KERNEL_LARGE_EXEC']).toBe(0x1e3n);
    }
  });

  it('of read-only mappings lost Dirty in 6.12', () => {
    expect(profile('linux-6.1').prots).toMatchObject({
      FIXMAP_PAGE_RO: 0x8000_0000_0000_0161n,
      PAGE_KERNEL_VVAR: 0x8000_0000_0000_0165n,
      PAGE_KERNEL_ROX: 0x161n,
    });
    expect(profile('linux-6.12').prots).toMatchObject({
      FIXMAP_PAGE_RO: 0x8000_0000_0000_0121n,
      PAGE_KERNEL_VVAR: 0x8000_0000_0000_0125n,
      PAGE_KERNEL_ROX: 0x121n,
    });
  });

  it('of the vsyscall page exist in 4.x', () => {
    expect(profile('linux-4.4').prots['PAGE_KERNEL_VSYSCALL']).toBe(0x165n);
    expect(profile('linux-6.1').prots).not.toHaveProperty('PAGE_KERNEL_VSYSCALL');
  });

  it('with cache-mode bits give the values that ioremap was seen to use', () => {
    const p61 = profile('linux-6.1');
    const withMode = (mode: CacheMode): bigint => p61.prots['PAGE_KERNEL_IO']! | cacheModeBits(p61, mode);
    expect(withMode('UC-')).toBe(0x8000_0000_0000_0173n);
    expect(withMode('WC')).toBe(0x8000_0000_0000_016bn);
    expect(withMode('UC')).toBe(0x8000_0000_0000_017bn);
    expect(withMode('WT')).toBe(0x8000_0000_0000_01fbn);
    expect(withMode('WB')).toBe(0x8000_0000_0000_0163n);
  });
});

describe('what differs between series', () => {
  const column = <T>(pick: (p: ReturnType<typeof profile>) => T): T[] =>
    profileNames.map((name) => pick(profile(name)));

  it('the masks of the two setters', () => {
    expect(column((p) => p.earlyFixmapMask)).toEqual([
      'none',
      'none',
      'none',
      '__default_kernel_pte_mask',
      '__supported_pte_mask',
      '__supported_pte_mask',
    ]);
    expect(column((p) => p.setFixmapMask)).toEqual([
      'none',
      'none',
      'none',
      ...Array.from({ length: 3 }, () => '__default_kernel_pte_mask'),
    ]);
  });

  it('the static fixmap tables', () => {
    expect(column((p) => [p.fixmapPmdNum, p.fixmapPmdTop])).toEqual([
      [1, 506],
      [1, 506],
      [1, 506],
      [2, 507],
      [2, 507],
      [2, 507],
    ]);
  });

  it('the names of the roots and the folded p4d', () => {
    expect(column((p) => p.earlyRoot)).toEqual([
      'early_level4_pgt',
      'early_level4_pgt',
      ...Array.from({ length: 4 }, () => 'early_top_pgt'),
    ]);
    expect(column((p) => p.finalRoot)).toEqual([
      'init_level4_pgt',
      'init_level4_pgt',
      ...Array.from({ length: 4 }, () => 'init_top_pgt'),
    ]);
    expect(column((p) => p.has.p4dLevel)).toEqual([false, false, true, true, true, true]);
  });

  it('the one-page flush', () => {
    expect(column((p) => p.tlb.flushOneKernel)).toEqual([
      '__flush_tlb_one',
      '__flush_tlb_one',
      '__flush_tlb_one',
      '__flush_tlb_one_kernel',
      'flush_tlb_one_kernel',
      'flush_tlb_one_kernel',
    ]);
  });

  it('CR4 when C code starts: global pages are on, but for late 4.4', () => {
    expect(column((p) => p.cr4)).toEqual([0xa0n, 0x30n, 0xa0n, 0xa0n, 0xa0n, 0xb0n]);
    expect(column((p) => [p.cr0, p.efer])).toEqual(profileNames.map(() => [0x8005_0033n, 0xd01n]));
  });

  it('the words of messages', () => {
    expect(column((p) => p.messages.physFormat)).toEqual(['llx', 'llx', 'llx', 'llx', 'pa', 'pa']);
    expect(column((p) => p.messages.pointerFormat)).toEqual(['raw', 'raw', 'raw', 'hashed', 'hashed', 'hashed']);
    expect(profile('linux-6.1').messages).toMatchObject({ mapWarnLine: 157, unmapWarnLine: 189 });
  });

  it('the checks of early_ioremap', () => {
    expect(column((p) => p.earlySetup)).toEqual([...Array.from({ length: 5 }, () => 'warn-and-stop'), 'warn-once']);
    expect(column((p) => p.stateWarning)).toEqual([
      'not-booting',
      'running',
      'not-booting',
      'running',
      'running',
      'running',
    ]);
    expect(column((p) => p.has.earlyIoremapShutdown)).toEqual([true, true, true, true, false, false]);
    expect(column((p) => p.has.earlyMemremapProt)).toEqual([false, false, true, true, true, true]);
  });

  it('the address space', () => {
    expect(column((p) => p.pageOffset === 0xffff_8880_0000_0000n)).toEqual([false, false, false, false, true, true]);
    expect(new Set(column((p) => p.vmallocStart))).toEqual(new Set([0xffff_c900_0000_0000n]));
    expect(profile('linux-insides').modulesVaddr).toBe(0xffff_ffff_a000_0000n);
    expect(profile('linux-6.1').modulesVaddr).toBe(0xffff_ffff_c000_0000n);
    expect(profile('linux-6.1').modulesEnd).toBe(0xffff_ffff_ff00_0000n);
  });

  it('MODULES_END, which in 4.14 moves with the number of CPUs', () => {
    expect(profile('linux-4.14').modulesEnd).toBe(0xffff_ffff_feff_d000n);
    expect(profile('linux-4.14', ['nr_cpus=8192']).modulesEnd).toBeLessThan(0xffff_ffff_fe00_0000n);
    expect(profile('linux-4.19', ['nr_cpus=8192']).modulesEnd).toBe(0xffff_ffff_ff00_0000n);
  });
});

describe('overrides', () => {
  it('are kept as given, in order', () => {
    const given = ['nr_cpus=4', 'CONFIG_INTEL_TXT=n', 'nr_cpus=8'];
    expect(profile('linux-6.1', given).overrides).toEqual(given);
    expect(profile('linux-6.1', given).nrCpus).toBe(8);
  });

  it('rebuild the same profile from the stored strings', () => {
    const first = profile('linux-4.14', ['nr_cpus=64', 'phys_base=0x200000', 'symbol.bm_pte=ffffffff82400000']);
    expect(profile(first.name, first.overrides)).toEqual(first);
  });

  it('turn options on and off, with every spelling of yes and no', () => {
    for (const no of ['n', '0', 'no', 'N']) expect(profile('linux-6.1', [`CONFIG_MMU=${no}`]).mmu).toBe(false);
    for (const yes of ['y', '1', 'yes', 'Y']) expect(profile('linux-6.1', [`CONFIG_MMU=${yes}`]).mmu).toBe(true);
    expect(profile('linux-6.1', ['CONFIG_ARCH_USE_MEMREMAP_PROT=n']).has.earlyMemremapProt).toBe(false);
  });

  it('la57 means 5 levels, another address space and CR4.LA57', () => {
    const p = profile('linux-6.1', ['la57=1']);
    expect(p).toMatchObject({
      levels: 5,
      pageOffset: 0xff11_0000_0000_0000n,
      vmallocStart: 0xffa0_0000_0000_0000n,
      cr4: 0x10a0n,
    });
    expect(p.fixmap).toEqual(profile('linux-6.1').fixmap);
  });

  it('pti takes Global out of the default mask and leaves the supported one', () => {
    const p = profile('linux-6.1', ['pti=y']);
    expect(p.defaultKernelPteMask & PTE.GLOBAL).toBe(0n);
    expect(p.supportedPteMask & PTE.GLOBAL).toBe(PTE.GLOBAL);
  });

  it('no_hash_pointers makes pointers raw', () => {
    expect(profile('linux-6.1', ['no_hash_pointers=1']).messages.pointerFormat).toBe('raw');
  });

  it('reach the CPU and the places of things', () => {
    const p = profile('linux-6.1', [
      'phys_bits=46',
      'cpu_has_invlpg=n',
      'page_offset=0xffff8b98c0000000',
      'vmalloc_start=ffffa2f200000000',
    ]);
    expect(p).toMatchObject({ physBits: 46, pageOffset: 0xffff_8b98_c000_0000n, vmallocStart: 0xffff_a2f2_0000_0000n });
    expect(p.tlb.cpuHasInvlpg).toBe(false);
  });

  it('take from entries what the CPU does not have: NX at once, global pages once they are looked for', () => {
    const [plain, bare] = [profile('linux-6.1'), profile('linux-6.1', ['nx=n', 'pge=n'])];
    expect(plain.supportedPteMask & ~bare.supportedPteMask).toBe(PTE.NX);
    expect(plain.defaultKernelPteMask & ~bare.defaultKernelPteMask).toBe(PTE.NX | PTE.GLOBAL);
    expect([plain.cr4 & ~bare.cr4, plain.efer & ~bare.efer]).toEqual([0x80n, 0x800n]);
  });

  it('leave the PAT as the CPU has it from reset when it is not set up', () => {
    expect(profile('linux-6.1', ['pat=n'])).toMatchObject({
      pat: false,
      patTypes: ['WB', 'WT', 'UC-', 'UC', 'WB', 'WT', 'UC-', 'UC'],
    });
  });

  it('name symbols where they are, so a slide does not move them', () => {
    const p = profile('linux-6.1', ['kaslr=0x200000', 'symbol.bm_pte=0xffffffff83400000']);
    expect(p.symbols).toMatchObject({ bm_pte: 0xffff_ffff_8340_0000n, init_top_pgt: 0xffff_ffff_82c1_0000n });
  });

  it.each([
    ['nr_cpu=4', 'Did you mean nr_cpus?'],
    ['CONFIG_PARAVIRT_XL=y', 'Did you mean CONFIG_PARAVIRT_XXL?'],
    ['LA57=y', 'Did you mean la57?'],
    ['physbase=0', 'Did you mean phys_base?'],
    ['nr_cpus', 'Write it as key=value'],
    ['=4', 'Write it as key=value'],
    ['constructor=1', 'Options are'],
  ])('written %s are refused: %s', (text, hint) => {
    expect(() => parseOverrides([text])).toThrow(
      expect.objectContaining({ code: 'option/invalid', hint: expect.stringContaining(hint) }),
    );
  });

  it.each([
    'nr_cpus=0',
    'nr_cpus=8193',
    'nr_cpus=many',
    'nr_cpus=4x',
    'la57=maybe',
    'phys_bits=53',
    'phys_bits=31',
    'phys_base=0x1000',
    'phys_base=zz',
    'phys_base=-0x2000000',
    'phys_base=0x10000000000',
    'kaslr=0xffffffff9c000000',
    'kaslr=-0x200000',
    'page_offset=0xffffffff00000000',
    'page_offset=0x1ffff888000000000',
    'CONFIG_MMU=m',
    'symbol.=0xffffffff81000000',
  ])('cannot be %s', (text) => {
    expect(() => profile('linux-6.1', [text])).toThrow(expect.objectContaining({ code: 'option/invalid' }));
  });

  it('cannot ask for what the kernel does not have', () => {
    expect(() => profile('linux-4.4', ['la57=y'])).toThrow(expect.objectContaining({ code: 'option/invalid' }));
    expect(() => profile('linux-6.1', ['la57=y', 'CONFIG_X86_5LEVEL=n'])).toThrow(
      expect.objectContaining({ code: 'option/invalid' }),
    );
    expect(() => profile('linux-insides', ['kaslr=0x200000'])).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('CONFIG_RANDOMIZE_BASE=y') }),
    );
  });

  it('with a bad address are refused as an address', () => {
    expect(() => parseOverrides(['symbol.bm_pte=here'])).toThrow(expect.objectContaining({ code: 'address/invalid' }));
  });

  it('list their keys for help texts', () => {
    expect(overrideKeys).toContain('nr_cpus');
    expect(overrideKeys).toContain('CONFIG_PARAVIRT');
    expect(overrideKeys).toContain('symbol.NAME');
  });
});
