import { IOMEM_RESOURCE, IORESOURCE } from '@kwind/x86';
import type { Machine } from '../../../boot/machine.ts';
import { call, type KernelContext } from '../../../context.ts';
import { insertResource } from '../../../kernel/resource/insert.ts';
import { createNode } from '../../../kernel/resource/node.ts';
import { ioremap, iounmap } from '../mm/ioremap_variants.ts';

const SIZE = 0x400n;

/** Map the timer for good. @kernel arch/x86/kernel/hpet.c hpet_enable() */
export function hpetEnable(ctx: KernelContext, { hpet }: Machine): void {
  if (hpet === undefined) return;
  call(ctx, 'hpet_enable', [], () => void ioremap(ctx, hpet, SIZE));
}

/** The driver of /dev/hpet maps it, finds that it is the one known already, and unmaps it. @kernel drivers/char/hpet.c hpet_resources() */
export function hpetResources(ctx: KernelContext, { hpet }: Machine): void {
  if (hpet === undefined) return;
  call(ctx, 'hpet_resources', [], () => {
    const mapped = ioremap(ctx, hpet, SIZE);
    if (mapped !== null) iounmap(ctx, mapped);
  });
}

/** @kernel arch/x86/kernel/acpi/boot.c hpet_insert_resource() */
export function hpetInsertResource(ctx: KernelContext, { hpet }: Machine): void {
  if (hpet === undefined) return;
  call(ctx, 'hpet_insert_resource', [], () => {
    insertResource(
      ctx,
      IOMEM_RESOURCE,
      createNode(ctx, { name: 'HPET 0', start: hpet, end: hpet + SIZE - 1n, flags: IORESOURCE.MEM }),
    );
  });
}
