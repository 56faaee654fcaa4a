import { PAGE_SIZE, pfnOf, physAddr, type Level, type Pfn } from '@kwind/x86';
import type { KernelContext } from '../context.ts';
import { setVariable, variable } from '../variables.ts';
import { reservedRanges } from './memblock.ts';

/** Not a variable of the kernel: the model's place in memory from which the next page is taken, downward. */
export const NEXT_PAGE = 'kwind.next_page';
/** End of memory of the machine assumed before anybody said: 512 MiB less a firmware page or two. */
const MEMORY_END = 0x1ffe_0000n;

/**
 * A page of memory. The kernel asks memblock, which hands out from the top down, and later its page allocator; here nobody
 * else allocates, so frames follow each other downward and are the same in every run. A real kernel's are others.
 *
 * @emits variable.set
 */
export function takePage(ctx: KernelContext): Pfn {
  const next = variable(ctx, NEXT_PAGE);
  const reserved = reservedRanges(ctx);
  let page = (next === 0n ? MEMORY_END : next) - PAGE_SIZE;
  for (;;) {
    const blocking = reserved.find((range) => range.start < page + PAGE_SIZE && range.end > page);
    if (blocking) page = (blocking.start & ~(PAGE_SIZE - 1n)) - PAGE_SIZE;
    // A table that init_mem_mapping() took out of the middle of memory may stand in the way.
    else if (ctx.view.pages.has(pfnOf(physAddr(page)))) page -= PAGE_SIZE;
    else break;
  }
  setVariable(ctx, NEXT_PAGE, page);
  return pfnOf(physAddr(page));
}

/**
 * A zeroed page for a table of `level`.
 * @emits variable.set, table.allocated
 */
export function allocTable(ctx: KernelContext, level: Level): Pfn {
  const table = takePage(ctx);
  ctx.emit({ type: 'table.allocated', table, level, name: '' });
  return table;
}

/** Say where memory ends, so that pages come from there on down. @emits variable.set */
export const setMemoryEnd = (ctx: KernelContext, end: bigint): void => setVariable(ctx, NEXT_PAGE, end);
