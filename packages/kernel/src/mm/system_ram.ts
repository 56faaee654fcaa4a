import { PAGE_SHIFT, PAGE_SIZE, pfnOf, physAddr, u64 } from '@kwind/x86';
import { systemRamRanges } from '@kwind/state';
import type { KernelContext } from '../context.ts';
import { reservedRanges } from './memblock.ts';

const SHIFT = BigInt(PAGE_SHIFT);
const LOW_MEMORY_END = 0x10_0000n;

/** Consecutive page frames. */
export interface FrameRun {
  readonly first: bigint;
  /** First frame after them. */
  readonly end: bigint;
}

/**
 * Whole pages of busy System RAM among the bytes from `start` to `last`.
 *
 * @param last inclusive
 * @kernel kernel/resource.c walk_system_ram_range()
 */
export function systemRamFrames(ctx: KernelContext, start: bigint, last: bigint): readonly FrameRun[] {
  return systemRamRanges(ctx.view, start, last)
    .map((piece) => ({ first: (piece.start + PAGE_SIZE - 1n) >> SHIFT, end: u64(piece.end + 1n) >> SHIFT }))
    .filter((run) => run.end > run.first);
}

/** Whether the page of an address is wholly System RAM. @kernel kernel/resource.c page_is_ram() */
export function pageIsRam(ctx: KernelContext, phys: bigint): boolean {
  const start = (phys >> SHIFT) << SHIFT;
  return systemRamFrames(ctx, start, start + PAGE_SIZE - 1n).length > 0;
}

/**
 * Whether the page allocator never gets this frame of RAM: it holds the kernel image, lies in the first MiB, was set aside by
 * memblock, or holds one of the first page tables.
 * @kernel include/linux/page-flags.h PageReserved()
 */
export function pageReserved(ctx: KernelContext, frame: bigint): boolean {
  const phys = frame << SHIFT;
  if (phys < LOW_MEMORY_END) return true;
  const isSetAside = reservedRanges(ctx).some((range) => range.start < phys + PAGE_SIZE && range.end > phys);
  return isSetAside || ctx.view.pages.has(pfnOf(physAddr(phys)));
}
