import { paOf, pfnOf, ToolError, vaddr, type Pfn } from '@kwind/x86';
import type { KernelContext } from '../../../context.ts';

/**
 * Frame of a page that belongs to the kernel image.
 *
 * @param page pages after the symbol
 * @throws ToolError option/invalid when the profile does not know the symbol
 */
export function symbolFrame(ctx: KernelContext, name: string, page = 0): Pfn {
  const address = ctx.profile.symbols[name];
  const phys = address === undefined ? undefined : paOf(ctx.profile, vaddr(address + BigInt(page) * 4096n));
  if (phys !== undefined) return pfnOf(phys);
  throw new ToolError(
    'option/invalid',
    `profile ${ctx.profile.name} does not say where ${name} is.`,
    `Give symbol.${name}=ADDRESS.`,
  );
}
