import type { KernelContext } from '../../../context.ts';

interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

const BIOS_ROM: Range = { start: 0xffe0_0000n, end: 0xffff_ffffn };

/** Take a taken range out of a free one: of what is left below and above it, the larger stays. @kernel resource_clip() */
function clip(free: Range, taken: Range): Range {
  if (free.end < taken.start || free.start > taken.end) return free;
  const below = free.start < taken.start ? taken.start - free.start : 0n;
  const above = free.end > taken.end ? free.end - taken.end : 0n;
  return below > above ? { start: free.start, end: taken.start - 1n } : { start: taken.end + 1n, end: free.end };
}

/**
 * Keep an allocation of memory off the firmware's ROM, and up to 5.18 off every entry of the memory map.
 * @kernel arch/x86/kernel/resource.c arch_remove_reservations()
 */
export function archRemoveReservations(ctx: KernelContext, free: Range): Range {
  const map = ctx.profile.resource.keepsOffE820 ? ctx.view.control.e820 : [];
  const taken = map.filter(({ size }) => size > 0n).map(({ start, size }) => ({ start, end: start + size - 1n }));
  return [BIOS_ROM, ...taken].reduce(clip, free);
}
