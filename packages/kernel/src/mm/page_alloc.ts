import { PAGE_SIZE, pfnOf, physAddr, type Level, type Pfn } from '@kwind/x86';
import type { KernelContext } from '../context.ts';
import { setVariable, variable } from '../variables.ts';
import { bug } from '../warn.ts';
import { reservedRanges } from './memblock.ts';

/** Not a variable of the kernel: the model's place in memory from which the next page is taken, downward. */
export const NEXT_PAGE = 'kwind.next_page';
/** End of memory of the machine assumed before anybody said: 512 MiB less a firmware page or two. */
const MEMORY_END = 0x1ffe_0000n;
/** Below the first MiB nothing is taken. */
const LOWEST = 0x10_0000n;

/**
 * A page of memory. The kernel asks memblock, which hands out from the top down, and later its page allocator; here nobody
 * else allocates, so frames follow each other downward and are the same in every run. A real kernel's are others.
 * Nothing is ever given back.
 *
 * @emits variable.set; bug.raised when memory is used up, and then the lowest page again and again
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
  if (bug(ctx, page < LOWEST, { fn: '__alloc_pages', file: 'mm/page_alloc.c' }, 'out of memory')) page = LOWEST;
  setVariable(ctx, NEXT_PAGE, page);
  return pfnOf(physAddr(page));
}

/**
 * A zeroed page for a table of `level`.
 * @emits variable.set, table.allocated
 */
export function allocTable(ctx: KernelContext, level: Level): Pfn {
  const table = ctx.given?.table?.(level) ?? takePage(ctx);
  ctx.emit({ type: 'table.allocated', table, level, name: '' });
  return table;
}

/** Pages of memory there are. @kernel mm/page_alloc.c totalram_pages() */
export function totalRamPages(ctx: KernelContext): bigint {
  const end = variable(ctx, 'max_pfn');
  return end === 0n ? MEMORY_END / PAGE_SIZE : end;
}

/** Say where memory ends, so that pages come from there on down. @emits variable.set */
export const setMemoryEnd = (ctx: KernelContext, end: bigint): void => setVariable(ctx, NEXT_PAGE, end);
