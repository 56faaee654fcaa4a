import type { Vaddr } from '@kwind/x86';
import type { KernelContext } from '../context.ts';
import { earlyIoremap, earlyIounmap, earlyMemremap, earlyMemunmap } from './early_ioremap.ts';

/** How the readers of firmware tables map them: early_ioremap() up to 4.13, early_memremap() since. @kernel arch/x86/include/asm/dmi.h dmi_early_remap() */
export function tableRemap(ctx: KernelContext, phys: bigint, size: bigint): Vaddr | null {
  return ctx.profile.boot.remap === 'early_ioremap' ? earlyIoremap(ctx, phys, size) : earlyMemremap(ctx, phys, size);
}

/** @kernel arch/x86/include/asm/dmi.h dmi_early_unmap() */
export function tableUnmap(ctx: KernelContext, address: bigint, size: bigint): void {
  if (ctx.profile.boot.remap === 'early_ioremap') earlyIounmap(ctx, address, size);
  else earlyMemunmap(ctx, address, size);
}

/** Map, look, unmap; a mapping that is refused is not looked at. */
export function withTable(ctx: KernelContext, phys: bigint, size: bigint, look: () => void = () => {}): void {
  const mapped = tableRemap(ctx, phys, size);
  if (mapped === null) return;
  look();
  tableUnmap(ctx, mapped, size);
}
