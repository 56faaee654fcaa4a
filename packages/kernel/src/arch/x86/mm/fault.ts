import { bare16 } from '@kwind/x86';
import type { KernelContext } from '../../../context.ts';
import { bug, type Site } from '../../../warn.ts';

/**
 * The kernel itself reads an address that is not mapped, and stops: a NULL pointer, or one that leads nowhere.
 * The words are those of 6.x, or those up to 5.0.
 * @kernel arch/x86/mm/fault.c show_fault_oops()
 */
export function oops(ctx: KernelContext, site: Site, address: bigint): void {
  const nearNull = address < 0x1000n;
  const [newWords, oldWords] = nearNull
    ? ['kernel NULL pointer dereference, address:', 'unable to handle kernel NULL pointer dereference at']
    : ['unable to handle page fault for address:', 'unable to handle kernel paging request at'];
  bug(ctx, true, site, `BUG: ${ctx.profile.resource.oopsWords === 'address' ? newWords : oldWords} ${bare16(address)}`);
}
