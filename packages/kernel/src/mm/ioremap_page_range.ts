import { PTE, u64, type Vaddr } from '@kwind/x86';
import { VM } from '@kwind/state';
import { call, type KernelContext } from '../context.ts';
import { warnOnce } from '../once.ts';
import { findVmArea } from './vmalloc.ts';
import { vmapRange } from './vmap.ts';

const EINVAL = u64(-22n);
const ENOMEM = u64(-12n);
const ERANGE = u64(-34n);
const site = { fn: 'ioremap_page_range', file: 'mm/vmalloc.c' };

/**
 * Map a range of kernel addresses to device memory, with large pages where they fit. 6.x sees to it that nothing in it can be
 * executed; the protections that callers give say so anyway.
 *
 * @param end first byte after the range
 * @returns 0; −ENOMEM after a BUG; in 6.12, with a WARN once, −EINVAL or −ERANGE for a range that is no whole area of ioremap
 * @emits what the mapping needs; see vmapRange()
 * @kernel mm/vmalloc.c ioremap_page_range(); lib/ioremap.c up to 5.x
 */
export function ioremapPageRange(ctx: KernelContext, address: Vaddr, end: Vaddr, phys: bigint, prot: bigint): bigint {
  return call(ctx, 'ioremap_page_range', [address, end, phys, prot], () => {
    const wrong = ctx.profile.ioremap.checksArea ? checkArea(ctx, address, end) : 0n;
    if (wrong !== 0n) return wrong;
    const bits = ctx.profile.ioremap.defaultName === 'ioremap' ? prot | PTE.NX : prot;
    return vmapRange(ctx, address, end, phys, bits, true) ? 0n : ENOMEM;
  });
}

function checkArea(ctx: KernelContext, address: Vaddr, end: Vaddr): bigint {
  const text = (value: bigint): string => value.toString(16);
  const area = findVmArea(ctx, address);
  const isOther = area === undefined || (area.flags & VM.IOREMAP) === 0;
  if (
    warnOnce(
      ctx,
      isOther,
      site,
      `vm_area at addr ${text(address)} is not marked as VM_IOREMAP`,
      'ioremap_page_range.flag',
    )
  )
    return EINVAL;
  const [first, last] = [area!.start, area!.start + area!.size];
  const request = `ioremap request [${text(address)},${text(end)}) doesn't match vm_area [${text(first)}, ${text(last)})`;
  return warnOnce(ctx, address !== first || end !== last, site, request, 'ioremap_page_range.range') ? ERANGE : 0n;
}
