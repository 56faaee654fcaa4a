import { PAGE_MASK, paOf, pfnOf, physAddr, vaOfPhys, _PAGE_TABLE, type Vaddr } from '@kwind/x86';
import { call, type KernelContext } from '../../../context.ts';
import { setEntry } from './pgtable.ts';

/** An entry by its place: the frame of its table and its index there. */
export interface EntryPlace {
  readonly table: number;
  readonly index: number;
}

const ENTRY_BYTES = 8n;

/** The kernel's pointer to an entry: its address in the direct map, as the `*_offset()` functions give it. */
export const pointerTo = (ctx: KernelContext, place: EntryPlace): Vaddr =>
  vaOfPhys(ctx.profile, physAddr((BigInt(place.table) << 12n) + BigInt(place.index) * ENTRY_BYTES));

/** The place that a pointer of the direct map or the kernel image names; undefined where it can name none. */
export function placeAt(ctx: KernelContext, pointer: Vaddr): EntryPlace | undefined {
  const phys = paOf(ctx.profile, pointer);
  if (phys === undefined) return undefined;
  return { table: pfnOf(phys), index: Number((phys & 0xfffn) / ENTRY_BYTES) };
}

/**
 * Link a table of 4 KiB entries into a pmd entry.
 * paravirt_alloc_pte() comes first and is a no-op on bare metal, so no event shows it.
 *
 * @param pte kernel address of the table to link; one that is in neither the image nor the direct map links nothing
 * @emits pmd.populated
 * @kernel arch/x86/include/asm/pgalloc.h pmd_populate_kernel()
 */
export function pmdPopulateKernel(ctx: KernelContext, pmd: EntryPlace, pte: Vaddr): void {
  call(ctx, 'pmd_populate_kernel', [pointerTo(ctx, pmd), pte], () => {
    const phys = paOf(ctx.profile, pte);
    if (phys !== undefined) setEntry(ctx, 'pmd', pmd.table, pmd.index, (phys & PAGE_MASK) | _PAGE_TABLE);
  });
}
