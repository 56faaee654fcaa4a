import { describe, expect, it } from 'vitest';
import { pfn, pfnOf, physAddr, vaddr } from './address.ts';
import { fixToVirtUnchecked } from './fixmap.ts';
import { paOf, symbolAt, tableSymbol, vaOfPhys } from './layout.ts';
import { profile, profileNames } from './profiles/index.ts';

const debian = profile('linux-6.1');
const at = (p: typeof debian, name: string): bigint => p.symbols[name]!;

describe('__pa', () => {
  it('of the kernel image is the distance from __START_KERNEL_map', () => {
    expect(paOf(debian, vaddr(0xffff_ffff_832b_5000n))).toBe(0x32b_5000n);
    expect(paOf(debian, vaddr(0xffff_ffff_8100_0000n))).toBe(0x100_0000n);
  });

  it('of the direct map is the distance from PAGE_OFFSET', () => {
    expect(paOf(debian, vaddr(0xffff_8880_02a1_7fc8n))).toBe(0x2a1_7fc8n);
    expect(paOf(debian, debian.pageOffset)).toBe(0n);
  });

  it('does not exist for user, vmalloc, module and fixmap addresses', () => {
    const outside = [
      0n,
      0x7fff_0000_0000n,
      debian.pageOffset - 1n,
      debian.vmallocStart,
      debian.modulesVaddr,
      fixToVirtUnchecked(debian, 514),
    ];
    for (const address of outside) expect(paOf(debian, vaddr(address))).toBeUndefined();
  });

  it('ends where the physical addresses of the CPU end', () => {
    expect(paOf(debian, vaddr(debian.pageOffset + (1n << 40n) - 1n))).toBe((1n << 40n) - 1n);
    expect(paOf(debian, vaddr(debian.pageOffset + (1n << 40n)))).toBeUndefined();
    const wide = profile('linux-6.1', ['phys_bits=52']);
    expect(paOf(wide, wide.vmallocStart)).toBeUndefined();
  });

  it('is undone by __va over all of the direct map', () => {
    for (let bit = 0n; bit < 40n; bit += 1n) {
      const phys = physAddr(1n << bit);
      expect(paOf(debian, vaOfPhys(debian, phys))).toBe(phys);
    }
  });

  it('follows a moved image, as a boot with KASLR logged it', () => {
    // That log: CR3 0xeeb6000 under early_top_pgt, 0xe810000 later under init_top_pgt.
    const moved = profile('linux-6.1', ['phys_base=be00000']);
    expect(paOf(moved, vaddr(at(moved, 'early_top_pgt')))).toBe(0xeeb_6000n);
    expect(paOf(moved, vaddr(at(moved, 'init_top_pgt')))).toBe(0xe81_0000n);
  });

  it('of the image stays put under a virtual slide alone', () => {
    const slid = profile('linux-6.1', ['kaslr=0x1c000000']);
    expect(at(slid, 'bm_pte')).toBe(0xffff_ffff_9f2b_5000n);
    expect(paOf(slid, vaddr(at(slid, 'bm_pte')))).toBe(0x32b_5000n);
  });

  it('of the image with both moves follows the kernel variable, physical minus virtual', () => {
    const both = profile('linux-6.1', ['kaslr=0x1c000000', 'phys_base=-10200000']);
    expect(paOf(both, vaddr(at(both, 'init_top_pgt')))).toBe(0xe81_0000n);
  });

  it('uses the 5-level bases with la57', () => {
    const deep = profile('linux-6.1', ['la57=y']);
    expect(vaOfPhys(deep, physAddr(0x1000n))).toBe(0xff11_0000_0000_1000n);
    expect(paOf(deep, vaddr(0xff11_0000_0000_1000n))).toBe(0x1000n);
    expect(paOf(deep, deep.vmallocStart)).toBeUndefined();
  });
});

describe('symbols', () => {
  it('are named with the offset into them', () => {
    expect(symbolAt(debian, vaddr(0xffff_ffff_832b_5000n))).toBe('bm_pte');
    expect(symbolAt(debian, vaddr(0xffff_ffff_832b_5010n))).toBe('bm_pte+0x10');
    expect(symbolAt(debian, vaddr(0xffff_ffff_82a1_9ff8n))).toBe('level1_fixmap_pgt+0x1ff8');
    expect(symbolAt(debian, vaddr(0xffff_ffff_8100_0123n))).toBe('_text+0x123');
  });

  it('end where they end: the next page is nobody’s', () => {
    expect(symbolAt(debian, vaddr(0xffff_ffff_832b_6000n))).toBeUndefined();
    expect(symbolAt(debian, vaddr(at(debian, '_end') + 8n))).toBeUndefined();
    expect(symbolAt(debian, debian.pageOffset)).toBeUndefined();
  });

  it('given by hand are found up to the end of their page', () => {
    const p = profile('linux-6.1', ['symbol.iomem_resource=0xffffffff82a4fc60']);
    expect(symbolAt(p, vaddr(0xffff_ffff_82a4_fc68n))).toBe('iomem_resource+0x8');
    expect(symbolAt(p, vaddr(0xffff_ffff_82a5_0000n))).toBeUndefined();
  });
});

describe('static tables', () => {
  it('are found by the frame they live in', () => {
    expect(tableSymbol(debian, pfn(0x32b5))).toBe('bm_pte');
    expect(tableSymbol(debian, pfn(0x2a17))).toBe('level2_fixmap_pgt');
    expect(tableSymbol(debian, pfn(0x30b6))).toBe('early_top_pgt');
    expect(tableSymbol(debian, pfn(0x1000))).toBeUndefined();
  });

  it('of several pages are named page by page', () => {
    expect(tableSymbol(debian, pfn(0x2a18))).toBe('level1_fixmap_pgt');
    expect(tableSymbol(debian, pfn(0x2a19))).toBe('level1_fixmap_pgt+0x1000');
    expect(tableSymbol(debian, pfn(0x2a11))).toBe('init_top_pgt+0x1000');
    expect(tableSymbol(debian, pfn(0x30b8 + 63))).toBe('early_dynamic_pgts+0x3f000');
  });

  it('follow the image to where it was loaded', () => {
    const moved = profile('linux-6.1', ['phys_base=be00000', 'symbol.bm_pte=0xffffffff832af000']);
    expect(tableSymbol(moved, pfn(0x32af + 0xbe00))).toBe('bm_pte');
    expect(tableSymbol(moved, pfn(0x32b5))).toBeUndefined();
  });

  it('never overlap, and exist in every profile', () => {
    for (const name of profileNames) {
      const p = profile(name);
      const wanted = [
        p.earlyRoot,
        p.finalRoot,
        'level3_kernel_pgt',
        'level2_kernel_pgt',
        'level2_fixmap_pgt',
        'level1_fixmap_pgt',
        'early_dynamic_pgts',
        'bm_pte',
      ];
      for (const table of wanted) {
        expect(at(p, table) % 4096n).toBe(0n);
        expect(tableSymbol(p, pfnOf(paOf(p, vaddr(at(p, table)))!))).toBe(table);
      }
      expect(at(p, 'level1_fixmap_pgt') - at(p, 'level2_fixmap_pgt')).toBe(4096n);
      const pages = [2, 1].includes(p.fixmapPmdNum) ? p.fixmapPmdNum : 0;
      expect(symbolAt(p, vaddr(at(p, 'level1_fixmap_pgt') + BigInt(pages) * 4096n + 16n))).toBe('phys_base');
    }
  });
});
