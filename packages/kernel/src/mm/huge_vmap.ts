import {
  entryPhys,
  isLeaf,
  isPresent,
  memRange,
  PAGE_SIZE,
  pfnOf,
  physAddr,
  PMD_SIZE,
  protFor4kInLarge,
  PTE,
  PTRS_PER_TABLE,
  PUD_SIZE,
  vaddr,
  type Vaddr,
} from '@kwind/x86';
import type { KernelContext } from '../context.ts';
import { pfnPte } from '../arch/x86/include/pfn.ts';
import { setEntry } from '../arch/x86/include/pgtable.ts';
import { mtrrTypeLookup, MTRR } from '../arch/x86/kernel/cpu/mtrr.ts';
import { flushTlbKernelRange } from '../arch/x86/mm/tlb.ts';
import { printkOnce } from '../once.ts';
import type { KernelEntry } from './kernel_tables.ts';

/** A size of page beside 4 KiB, and the level whose entry maps it. */
export interface HugePage {
  readonly level: 'pud' | 'pmd';
  readonly size: bigint;
}

const PUD_PAGE: HugePage = { level: 'pud', size: PUD_SIZE };
const PMD_PAGE: HugePage = { level: 'pmd', size: PMD_SIZE };

/** Large pages that the CPU has, largest first. @kernel arch/x86/mm/ioremap.c arch_vmap_pud_supported(), arch_vmap_pmd_supported() */
export const hugePageSizes = (ctx: KernelContext): readonly HugePage[] =>
  ctx.profile.gbPages ? [PUD_PAGE, PMD_PAGE] : [PMD_PAGE];

/**
 * Put a large page into an entry if the addresses are aligned to it, no MTRR gives a part of it another type, and the entry
 * is free. A table there that maps nothing any more is given back first; what that leaves in the TLB depends on the kernel.
 *
 * @returns false when smaller pages must do
 * @emits message.printed once for a pmd that an MTRR forbids; entry stores and a flush for a table given back; the large entry
 * @kernel mm/vmalloc.c vmap_try_huge_pud(), vmap_try_huge_pmd(); arch/x86/mm/pgtable.c pud_set_huge(), pmd_set_huge()
 */
export function trySetHuge(
  ctx: KernelContext,
  place: KernelEntry,
  address: Vaddr,
  phys: bigint,
  prot: bigint,
  size: bigint,
): boolean {
  const { level, table, index } = place;
  if (level !== (size === PUD_SIZE ? 'pud' : 'pmd')) return false;
  if ((address & (size - 1n)) !== 0n || (phys & (size - 1n)) !== 0n) return false;
  if (isPresent(place.entry) && !isLeaf(level, place.entry)) giveBackTable(ctx, place, address);
  const { type, uniform } = mtrrTypeLookup(ctx, phys, phys + size);
  if (type !== MTRR.INVALID && !uniform && type !== MTRR.WRBACK) {
    const text = `pmd_set_huge: Cannot satisfy ${memRange(phys, phys + size)} with a huge-page mapping due to MTRR override.`;
    if (level === 'pmd') printkOnce(ctx, 'WARNING', text, 'pmd_set_huge');
    return false;
  }
  setEntry(ctx, level, table, index, pfnPte(ctx, physAddr(phys), protFor4kInLarge(prot) | PTE.PSE));
  return true;
}

/**
 * Unlink a table whose addresses are being mapped anew: the caller knows that it maps nothing.
 * @kernel arch/x86/mm/pgtable.c pmd_free_pte_page(), pud_free_pmd_page(); 4.14 and the v4.x before just overwrite the link,
 *         4.4 stable frees without a flush, 4.18 and later flush what the CPU keeps of the link
 */
function giveBackTable(ctx: KernelContext, place: KernelEntry, address: Vaddr): void {
  const how = ctx.profile.ioremap.emptyTable;
  if (how === 'overwritten') return;
  if (place.level === 'pud') clearLinks(ctx, pfnOf(entryPhys('pud', place.entry)));
  setEntry(ctx, place.level, place.table, place.index, 0n);
  if (how === 'freed-with-flush') flushTlbKernelRange(ctx, address, vaddr(address + PAGE_SIZE - 1n));
}

function clearLinks(ctx: KernelContext, pmdTable: number): void {
  for (let index = 0; index < PTRS_PER_TABLE; index++) {
    if (ctx.view.pages.entry(pmdTable, index) !== 0n) setEntry(ctx, 'pmd', pmdTable, index, 0n);
  }
}
