import { coverageOf, vaddr, vmallocEnd } from '@kwind/x86';
import { call, type KernelContext } from '../../../context.ts';
import { entryFor } from '../../../mm/kernel_tables.ts';
import { setVariable } from '../../../variables.ts';

/**
 * Memory goes to the page allocator. From 5.9 on, every root entry of the vmalloc area gets its table now, so that the roots
 * of processes, which copy these entries, never miss one.
 *
 * @emits variable.set; per root entry that is empty, table.allocated and the link: 64 of them with 4 levels
 * @kernel arch/x86/mm/init_64.c mem_init(), preallocate_vmalloc_pages()
 */
export function memInit(ctx: KernelContext): void {
  call(ctx, 'mem_init', [], () => {
    setVariable(ctx, 'after_bootmem', 1n);
    if (!ctx.profile.ioremap.vmalloc.preallocatesTables) return;
    const size = coverageOf('pgd', ctx.profile.levels);
    const lower = ctx.profile.levels === 5 ? 'p4d' : 'pud';
    for (
      let address: bigint = ctx.profile.vmallocStart;
      address < vmallocEnd(ctx.profile);
      address = (address & ~(size - 1n)) + size
    ) {
      entryFor(ctx, vaddr(address), lower);
    }
  });
}
