import { isPresent, physAddr, PMD_SIZE, PTE, vaddr, vmemmapStart } from '@kwind/x86';
import { call, type KernelContext } from '../context.ts';
import { kernelProt } from '../arch/x86/include/kernel_prot.ts';
import { pfnPte } from '../arch/x86/include/pfn.ts';
import { setEntry } from '../arch/x86/include/pgtable.ts';
import { entryFor } from './kernel_tables.ts';
import { findFreeRam, memblockReserve, memoryRuns, ramOf, type ByteRange } from './memblock.ts';

/** Physical memory is described in sections of 128 MiB; struct page takes 64 bytes, so that one section's fill 2 MiB. */
const SECTION_SIZE = 128n << 20n;

/**
 * Map the array of struct page, as far as there is memory: 2 MiB for each 128 MiB, one after the other in one block of memory.
 * Where the block and the tables lie follows from everything that memblock gave out before, of which the model knows little.
 *
 * @emits memory.reserved for the block; table.allocated and links; pmd.written for each section
 * @kernel mm/sparse.c sparse_init(); arch/x86/mm/init_64.c vmemmap_populate()
 */
export function sparseInit(ctx: KernelContext, ram: readonly ByteRange[]): void {
  call(ctx, 'sparse_init', [], () => {
    const runs = memoryRuns(ram);
    const sections = presentSections(runs);
    const size = BigInt(sections.length) * PMD_SIZE;
    const block = findFreeRam(ctx, runs, size, PMD_SIZE, 0n, runs.at(-1)?.end ?? 0n);
    if (block === undefined || size === 0n) return;
    memblockReserve(ctx, block, size, 'struct page');
    for (const [i, section] of sections.entries()) {
      const at = vaddr(vmemmapStart(ctx.profile) + section * PMD_SIZE);
      const place = entryFor(ctx, at, 'pmd');
      const prot = kernelProt(ctx, 'PAGE_KERNEL') | PTE.PSE;
      if (!isPresent(place.entry))
        setEntry(ctx, 'pmd', place.table, place.index, pfnPte(ctx, physAddr(block + BigInt(i) * PMD_SIZE), prot));
    }
  });
}

function presentSections(runs: readonly ByteRange[]): readonly bigint[] {
  const sections = new Set<bigint>();
  for (const run of runs) for (let at = run.start / SECTION_SIZE; at * SECTION_SIZE < run.end; at++) sections.add(at);
  return [...sections];
}

/**
 * The last step of early paging: struct page for all memory, then zones, which store no entry.
 *
 * @param ram to the byte; the kernel's memory map unless given
 * @emits what sparse_init() does
 * @kernel arch/x86/mm/init_64.c paging_init()
 */
export function pagingInit(ctx: KernelContext, ram: readonly ByteRange[] = ramOf(ctx)): void {
  call(ctx, 'paging_init', [], () => {
    sparseInit(ctx, ram);
  });
}
