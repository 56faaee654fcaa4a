import { startKernel } from '../init/main.ts';
import type { Machine } from './machine.ts';
import type { KernelContext } from '../context.ts';
import { startup64 } from '../arch/x86/kernel/head_64.ts';
import { x86StartKernel } from '../arch/x86/kernel/head64.ts';
import { earlyIoremapInit } from '../arch/x86/mm/ioremap.ts';

/**
 * A boot up to the first early mapping: tables and registers of head_64, the first C code, early_ioremap_init().
 * A build without MMU has none of that: no tables, no windows.
 */
export function boot(ctx: KernelContext): void {
  const { mmu } = ctx.profile;
  if (mmu) startup64(ctx);
  if (mmu) x86StartKernel(ctx);
  ctx.emit({ type: 'phase.entered', name: 'setup_arch' });
  if (mmu) earlyIoremapInit(ctx);
}

/**
 * A whole boot on a machine: from head_64 to the moment at which user space starts.
 * @kernel arch/x86/kernel/head_64.S, init/main.c start_kernel()
 */
export function bootFull(ctx: KernelContext, machine: Machine): void {
  startup64(ctx);
  x86StartKernel(ctx);
  startKernel(ctx, machine);
}
