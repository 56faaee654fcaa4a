import { isPresent, PHYSICAL_PAGE_MASK, type PhysAddr } from '@kwind/x86';
import type { KernelContext } from '../../../context.ts';
import { massagePgprot } from './pgprot.ts';

/**
 * The entry that maps the page of `phys` with a protection. Newer kernels keep to the frame bits, and invert them under
 * a protection that is not present, so that a CPU which looks at such an entry early reads from nowhere.
 *
 * @param phys low 12 bits are dropped
 * @kernel arch/x86/include/asm/pgtable.h pfn_pte()
 */
export function pfnPte(ctx: KernelContext, phys: PhysAddr, prot: bigint): bigint {
  const bits = massagePgprot(ctx, prot);
  const frame = phys & ~0xfffn;
  if (!ctx.profile.pfnPteInverts) return frame | bits;
  const inverted = bits !== 0n && !isPresent(bits) ? ~frame : frame;
  return (inverted & PHYSICAL_PAGE_MASK) | bits;
}
