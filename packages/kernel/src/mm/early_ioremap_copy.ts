import { PAGE_MASK, PAGE_SIZE, offsetInPage, pageAlign, u64, vaddr } from '@kwind/x86';
import { call, type KernelContext } from '../context.ts';
import { load } from '../cpu/mmu.ts';
import { initTextGone } from './init_text.ts';
import { earlyMemremap, earlyMemunmap } from './early_ioremap.ts';

/**
 * Copy physical memory through early mappings, one slot at a time, in pieces that fill at most one window.
 * Each page is loaded once; the stores to `dest` are left out, and so are the bytes.
 *
 * @param dest kernel address to copy to
 * @param src physical byte address; its offset in the page takes away from the first piece
 * @param size bytes
 * @emits per piece early_memremap(), a load per page, early_memunmap(). The kernel does not look at the mapping it gets:
 *        a refused one faults at the offset, which nothing survives, so the copy ends there
 * @kernel mm/early_ioremap.c copy_from_early_mem(), 4.4 and later
 */
export function copyFromEarlyMem(ctx: KernelContext, dest: bigint, src: bigint, size: bigint): void {
  call(ctx, 'copy_from_early_mem', [dest, src, size], () => {
    if (initTextGone(ctx, { fn: 'copy_from_early_mem', file: 'mm/early_ioremap.c' })) return;
    const chunk = BigInt(ctx.profile.nrFixBtmaps) * PAGE_SIZE;
    let [from, left] = [src, size];
    while (left > 0n) {
      const slop = offsetInPage(from);
      const length = left < chunk - slop ? left : chunk - slop;
      const mapped = earlyMemremap(ctx, from & PAGE_MASK, length + slop);
      if (!readPages(ctx, mapped ?? 0n, slop, length)) return;
      earlyMemunmap(ctx, mapped ?? 0n, length + slop);
      from = u64(from + length);
      left -= length;
    }
  });
}

function readPages(ctx: KernelContext, base: bigint, slop: bigint, length: bigint): boolean {
  for (let at = slop; at < pageAlign(slop + length); at = (at & PAGE_MASK) + PAGE_SIZE) {
    if (load(ctx, vaddr(base + at)) === null) return false;
  }
  return true;
}
