import type { ProtMask } from '@kwind/x86';
import type { KernelContext } from '../../../context.ts';
import { variable } from '../../../variables.ts';

const PRESENT = 1n;

/** `__supported_pte_mask` and `__default_kernel_pte_mask` as they stand: variables, because init_mem_mapping() changes them. */
export function maskValue(ctx: KernelContext, name: Exclude<ProtMask, 'none'>): bigint {
  const fallback = name === '__supported_pte_mask' ? ctx.profile.supportedPteMask : ctx.profile.defaultKernelPteMask;
  return name in ctx.view.control.variables ? variable(ctx, name) : fallback;
}

/** AND a protection with the mask that a setter of this profile uses, if any. */
export function maskProt(ctx: KernelContext, mask: ProtMask, prot: bigint): bigint {
  return mask === 'none' ? prot : prot & maskValue(ctx, mask);
}

/**
 * What pfn_pte() does to a protection: present ones lose bits that the CPU does not support.
 * @kernel arch/x86/include/asm/pgtable.h massage_pgprot()
 */
export function massagePgprot(ctx: KernelContext, prot: bigint): bigint {
  return (prot & PRESENT) !== 0n ? maskProt(ctx, '__supported_pte_mask', prot) : prot;
}
