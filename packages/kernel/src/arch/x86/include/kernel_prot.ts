import { ToolError } from '@kwind/x86';
import type { KernelContext } from '../../../context.ts';
import { maskProt } from './pgprot.ts';

/**
 * A protection of the kernel's own mappings by its name, as the macro gives it now: from 4.17 on without what
 * __default_kernel_pte_mask takes away, which is Global under page-table isolation.
 * @kernel arch/x86/include/asm/pgtable_types.h default_pgprot()
 */
export function kernelProt(ctx: KernelContext, name: string): bigint {
  const prot = ctx.profile.prots[name];
  if (prot === undefined)
    throw new ToolError('option/invalid', `profile ${ctx.profile.name} has no protection ${name}.`);
  return maskProt(ctx, ctx.profile.ioremap.directMap.defaultMask ? '__default_kernel_pte_mask' : 'none', prot);
}
