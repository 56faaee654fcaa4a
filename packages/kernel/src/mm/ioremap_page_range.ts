import type { Vaddr } from '@kwind/x86';
import { call, type KernelContext } from '../context.ts';
import { vmapRange } from './vmap.ts';
import { PTE } from '@kwind/x86';

const ENOMEM = -12n;

/**
 * Map a range of kernel addresses to device memory, with large pages where they fit. 6.x sees to it that nothing in it can be
 * executed; the protections that callers give say so anyway.
 *
 * @param end first byte after the range
 * @returns 0, or −ENOMEM after a BUG
 * @emits what the mapping needs; see vmapRange()
 * @kernel mm/vmalloc.c ioremap_page_range(); lib/ioremap.c up to 5.x
 */
export function ioremapPageRange(ctx: KernelContext, address: Vaddr, end: Vaddr, phys: bigint, prot: bigint): bigint {
  return call(ctx, 'ioremap_page_range', [address, end, phys, prot], () => {
    const bits = ctx.profile.ioremap.defaultName === 'ioremap' ? prot | PTE.NX : prot;
    return vmapRange(ctx, address, end, phys, bits, true) ? 0n : ENOMEM;
  });
}
