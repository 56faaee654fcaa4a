import { coverageOf, isLeaf, isPresent, PAGE_SIZE, physAddr, pte, PTRS_PER_PTE, vaddr, type Vaddr } from '@kwind/x86';
import type { KernelContext } from '../context.ts';
import { pfnPte } from '../arch/x86/include/pfn.ts';
import { setEntry } from '../arch/x86/include/pgtable.ts';
import { bug } from '../warn.ts';
import { hugePageSizes, trySetHuge } from './huge_vmap.ts';
import { entryFor, lookUp } from './kernel_tables.ts';

const FILE = 'mm/vmalloc.c';

/**
 * Map a range of kernel addresses to physical memory in init_mm's tables, with the largest pages that range, address and
 * physical address allow. No flush: nothing was present before.
 *
 * @param huge whether pages of 2 MiB and 1 GiB may be used
 * @emits per missing table table.allocated and its link; pud.written, pmd.written or pte.written per page, by rising
 *        address; bug.raised when a page is mapped already
 * @kernel mm/vmalloc.c vmap_range_noflush(); lib/ioremap.c up to 5.x
 */
export function vmapRange(
  ctx: KernelContext,
  start: Vaddr,
  end: Vaddr,
  phys: bigint,
  prot: bigint,
  huge: boolean,
): boolean {
  for (let address: bigint = start; address < end;) {
    const done = mapNext(ctx, vaddr(address), end, phys + (address - start), prot, huge);
    if (done === 0n) return false;
    address += done;
  }
  return true;
}

/** Map one large page, or the 4 KiB pages up to the end of their table. @returns bytes mapped; 0 after a BUG */
function mapNext(ctx: KernelContext, address: Vaddr, end: Vaddr, phys: bigint, prot: bigint, huge: boolean): bigint {
  if (huge) {
    for (const { level, size } of hugePageSizes(ctx)) {
      // The table that holds the entry comes first, whether or not a large page is possible in it.
      const place = entryFor(ctx, address, level);
      if (end - address >= size && trySetHuge(ctx, place, address, phys, prot, size)) return size;
    }
  }
  return mapPtes(ctx, address, end, phys, prot);
}

function mapPtes(ctx: KernelContext, address: Vaddr, end: Vaddr, phys: bigint, prot: bigint): bigint {
  const { level, table, index } = entryFor(ctx, address, 'pte');
  let done = 0n;
  for (let at = index; at < PTRS_PER_PTE && address + done < end; at++) {
    const taken = level !== 'pte' || ctx.view.pages.entry(table, at) !== 0n;
    if (bug(ctx, taken, { fn: 'vmap_pte_range', file: FILE })) return 0n;
    setEntry(ctx, 'pte', table, at, pfnPte(ctx, physAddr(phys + done), prot));
    done += PAGE_SIZE;
  }
  return done;
}

/**
 * Clear every entry of a range in init_mm's tables; tables stay. Large pages go whole. No flush.
 * @emits pte.written, pmd.written or pud.written with 0; also for 4 KiB entries that are 0 already, as the guard page's is
 * @kernel mm/vmalloc.c vunmap_range_noflush()
 */
export function vunmapRange(ctx: KernelContext, start: Vaddr, end: Vaddr): void {
  for (let address: bigint = start; address < end;) {
    const { level, table, index, entry } = lookUp(ctx, vaddr(address), 'pte');
    if (level === 'pte') {
      setEntry(ctx, 'pte', table, index, 0n);
      address += PAGE_SIZE;
      continue;
    }
    if (isPresent(entry) && isLeaf(level, entry)) setEntry(ctx, level, table, index, pte(0n));
    const size = coverageOf(level, ctx.profile.levels);
    address = (address & ~(size - 1n)) + size;
  }
}
