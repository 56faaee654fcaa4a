import {
  entryPhys,
  indexAt,
  pfn,
  pfnOf,
  physOfPfn,
  vaOfPhys,
  walkLevels,
  _PAGE_TABLE,
  type Level,
  type Pfn,
  type Vaddr,
} from '@kwind/x86';
import { call, type KernelContext } from '../../../context.ts';
import { allocTable } from '../../../mm/page_alloc.ts';
import { printk } from '../../../warn.ts';
import { setEntry } from '../include/pgtable.ts';
import { symbolFrame } from '../kernel/symbols.ts';
import { flushOneKernelPage } from './tlb.ts';

/**
 * A zeroed page for a table. The kernel asks its early allocator, which hands out memory from the top down; here nobody
 * else allocates, so frames follow each other and are the same in every run.
 *
 * @emits variable.set, table.allocated
 * @kernel arch/x86/mm/init_64.c spp_getpage()
 */
export function sppGetpage(ctx: KernelContext, level: Level): Pfn {
  let taken = pfn(0);
  call(ctx, 'spp_getpage', [], () => {
    taken = allocTable(ctx, level);
    return vaOfPhys(ctx.profile, physOfPfn(taken));
  });
  return taken;
}

/**
 * Store a 4 KiB entry for a kernel address in init_mm's tables, whatever root CR3 holds, and flush its page on this CPU.
 * Missing pud, pmd and pte tables are allocated; a missing pgd entry is complained about and nothing is stored.
 *
 * @emits message.printed alone, or per missing level table.allocated and its link, then pte.written and tlb.page-flushed
 * @kernel arch/x86/mm/init_64.c set_pte_vaddr(), fill_pud(), fill_pmd(), fill_pte()
 */
export function setPteVaddr(ctx: KernelContext, address: Vaddr, entry: bigint): void {
  call(ctx, 'set_pte_vaddr', [address, entry], () => {
    let table: number = symbolFrame(ctx, ctx.profile.finalRoot);
    const levels = walkLevels(ctx.profile.levels);
    for (const [depth, level] of levels.entries()) {
      const index = indexAt(level, address, ctx.profile.levels);
      if (level === 'pte') return storeAndFlush(ctx, table, index, address, entry);
      const held = ctx.view.pages.entry(table, index);
      if (held === 0n && level === 'pgd')
        return printk(ctx, 'ERR', 'PGD FIXMAP MISSING, it should be setup in head.S!');
      if (held !== 0n) {
        table = pfnOf(entryPhys(level, held));
        continue;
      }
      const next = sppGetpage(ctx, levels[depth + 1]!);
      setEntry(ctx, level, table, index, (BigInt(next) << 12n) | _PAGE_TABLE);
      table = next;
    }
  });
}

function storeAndFlush(ctx: KernelContext, table: number, index: number, address: Vaddr, entry: bigint): void {
  setEntry(ctx, 'pte', table, index, entry);
  flushOneKernelPage(ctx, address);
}
