import {
  bare8,
  entryPhys,
  fixIdx,
  fixToVirtUnchecked,
  indexAt,
  pfnOf,
  vaddr,
  walkLevels,
  type Pfn,
  type PhysAddr,
  type Vaddr,
} from '@kwind/x86';
import { rootOf } from '@kwind/state';
import { call, type KernelContext } from '../../../context.ts';
import { printPointer } from '../../../lib/vsprintf.ts';
import { earlyIoremapSetup } from '../../../mm/early_ioremap.ts';
import { initTextGone } from '../../../mm/init_text.ts';
import { bug, printk, warn, type Site } from '../../../warn.ts';
import { pmdPopulateKernel, pointerTo, type EntryPlace } from '../include/pgalloc.ts';
import { setEntry } from '../include/pgtable.ts';
import { pfnPte } from '../include/pfn.ts';
import { maskProt } from '../include/pgprot.ts';
import { symbolFrame } from '../kernel/symbols.ts';
import { flushOneKernelPage } from './tlb.ts';

const FILE = 'arch/x86/mm/ioremap.c';
const site = (fn: string): Site => ({ fn, file: FILE });
const PTE_MASK_INDEX = 511n;

/** Frame of bm_pte, the table behind the early_ioremap window. */
export const bmPteFrame = (ctx: KernelContext): Pfn => symbolFrame(ctx, 'bm_pte');

/**
 * The pmd entry that covers `address`, found from CR3 and not from init_mm, because the early root may be loaded.
 * @returns undefined where the kernel would read a table that is not there
 * @kernel arch/x86/mm/ioremap.c early_ioremap_pmd()
 */
export function earlyIoremapPmd(ctx: KernelContext, address: Vaddr): EntryPlace | undefined {
  let table: number = pfnOf(rootOf(ctx.view));
  for (const level of walkLevels(ctx.profile.levels)) {
    const index = indexAt(level, address, ctx.profile.levels);
    if (level === 'pmd') return { table, index };
    const entry = ctx.view.pages.entry(table, index);
    if ((entry & 1n) === 0n) return undefined;
    table = pfnOf(entryPhys(level, entry));
  }
  return undefined;
}

/**
 * Prepare the early window: base the slots, clear bm_pte and link it into the pmd of the window.
 *
 * @emits bug.raised when the fixmap does not end on a pmd boundary; what early_ioremap_setup() does; table.allocated
 *        for bm_pte; pmd.populated; warn.raised and five lines when the window does not lie in one pmd
 * @kernel arch/x86/mm/ioremap.c early_ioremap_init()
 */
export function earlyIoremapInit(ctx: KernelContext): void {
  call(ctx, 'early_ioremap_init', [], () => {
    const here = site('early_ioremap_init');
    const { fixmap } = ctx.profile;
    const top = fixToVirtUnchecked(ctx.profile, fixIdx(0));
    if (
      bug(
        ctx,
        ((top + 4096n) & 0x1f_ffffn) !== 0n,
        here,
        'BUILD_BUG_ON((fix_to_virt(0) + PAGE_SIZE) & ((1 << PMD_SHIFT) - 1))',
      )
    )
      return;
    earlyIoremapSetup(ctx);
    const begin = fixToVirtUnchecked(ctx.profile, fixIdx(fixmap.btmapBegin));
    const end = fixToVirtUnchecked(ctx.profile, fixIdx(fixmap.btmapEnd));
    const pmd = earlyIoremapPmd(ctx, begin);
    if (!pmd) {
      bug(ctx, true, here, 'no page table covers the early_ioremap window: head_64 did not run');
      return;
    }
    ctx.emit({ type: 'table.allocated', table: bmPteFrame(ctx), level: 'pte', name: 'bm_pte' });
    pmdPopulateKernel(ctx, pmd, ctx.profile.symbols['bm_pte']!);
    if (
      bug(
        ctx,
        begin >> 21n !== end >> 21n,
        here,
        'BUILD_BUG_ON((__fix_to_virt(FIX_BTMAP_BEGIN) >> PMD_SHIFT) != (__fix_to_virt(FIX_BTMAP_END) >> PMD_SHIFT))',
      )
    )
      return;
    checkOnePmd(ctx, begin, end);
  });
}

/**
 * The run-time check that both ends of the window have one pmd entry. On x86-64 it cannot fire, because the build
 * checks the same; it is here for its words.
 *
 * @emits nothing, or warn.raised and five lines
 * @kernel arch/x86/mm/ioremap.c early_ioremap_init(), at its end
 */
export function checkOnePmd(ctx: KernelContext, begin: Vaddr, end: Vaddr): void {
  const [first, last] = [earlyIoremapPmd(ctx, begin), earlyIoremapPmd(ctx, end)];
  if (first?.table === last?.table && first?.index === last?.index) return;
  const pointer = (place: EntryPlace | undefined): string => printPointer(ctx, place ? pointerTo(ctx, place) : 0n);
  warn(ctx, true, site('early_ioremap_init'));
  printk(ctx, 'WARNING', `pmd ${pointer(first)} != ${pointer(last)}`);
  printk(ctx, 'WARNING', `fix_to_virt(FIX_BTMAP_BEGIN): ${bare8(begin)}`);
  printk(ctx, 'WARNING', `fix_to_virt(FIX_BTMAP_END):   ${bare8(end)}`);
  printk(ctx, 'WARNING', `FIX_BTMAP_END:       ${ctx.profile.fixmap.btmapEnd}`);
  printk(ctx, 'WARNING', `FIX_BTMAP_BEGIN:     ${ctx.profile.fixmap.btmapBegin}`);
}

/**
 * Write one entry of bm_pte directly and flush its page on this CPU; never walks the tables.
 * There is no lower bound on `idx`: a permanent index writes the entry of bm_pte that its address happens to select.
 *
 * @param phys low 12 bits are dropped
 * @param flags 0 clears the entry
 * @emits bug.raised and nothing else for an index past the end; else pte.written, tlb.page-flushed
 * @kernel arch/x86/mm/ioremap.c __early_set_fixmap(); the mask of flags differs: none up to 4.14,
 *         __default_kernel_pte_mask in 4.19, __supported_pte_mask from 6.1
 */
export function earlySetFixmap(ctx: KernelContext, idx: number, phys: PhysAddr, flags: bigint): void {
  call(ctx, '__early_set_fixmap', [BigInt(idx), phys, flags], () => {
    const address = fixToVirtUnchecked(ctx.profile, fixIdx(idx));
    if (initTextGone(ctx, site('__early_set_fixmap'))) return;
    if (bug(ctx, idx >= ctx.profile.fixmap.endOfFixed, site('__early_set_fixmap'))) return;
    const prot = maskProt(ctx, ctx.profile.earlyFixmapMask, flags);
    const index = Number((address >> 12n) & PTE_MASK_INDEX);
    const entry = prot === 0n ? 0n : pfnPte(ctx, phys, prot);
    setEntry(ctx, 'pte', bmPteFrame(ctx), index, entry);
    flushOneKernelPage(ctx, vaddr(address));
  });
}

/**
 * Whether a pointer to an entry points into bm_pte by its address in the image; its direct-map alias does not count.
 * @returns 1 or 0
 * @kernel arch/x86/mm/ioremap.c is_early_ioremap_ptep()
 */
export function isEarlyIoremapPtep(ctx: KernelContext, ptep: Vaddr): bigint {
  return call(ctx, 'is_early_ioremap_ptep', [ptep], () => {
    const start = ctx.profile.symbols['bm_pte']!;
    return ptep >= start && ptep < start + 4096n ? 1n : 0n;
  });
}
