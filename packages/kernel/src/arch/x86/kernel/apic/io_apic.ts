import { fixmapEnumerators, IOMEM_RESOURCE, IORESOURCE, physAddr } from '@kwind/x86';
import { call, type KernelContext } from '../../../../context.ts';
import { insertResource } from '../../../../kernel/resource/insert.ts';
import { createNode } from '../../../../kernel/resource/node.ts';
import { setFixmapNocache } from '../../mm/fixmap.ts';

const SLOT_SIZE = 0x400n;

/** Map the registers of the `i`-th I/O APIC uncached, for good. @kernel arch/x86/kernel/apic/io_apic.c io_apic_set_fixmap() */
export function ioApicSetFixmap(ctx: KernelContext, i: number, base: bigint, fn: string): void {
  call(ctx, fn, [BigInt(i), base], () => {
    const first = fixmapEnumerators(ctx.profile).get('FIX_IO_APIC_BASE_0');
    if (first !== undefined) setFixmapNocache(ctx, first + i, physAddr(base));
  });
}

/** Once more for all of them, whoever found them. @kernel arch/x86/kernel/apic/io_apic.c io_apic_init_mappings() */
export function ioApicInitMappings(ctx: KernelContext, bases: readonly bigint[]): void {
  call(ctx, 'io_apic_init_mappings', [], () =>
    bases.forEach((base, i) => ioApicSetFixmap(ctx, i, base, 'io_apic_set_fixmap')),
  );
}

/** @kernel arch/x86/kernel/apic/io_apic.c ioapic_insert_resources() */
export function ioapicInsertResources(ctx: KernelContext, bases: readonly bigint[]): void {
  call(ctx, 'ioapic_insert_resources', [], () => {
    const flags = IORESOURCE.MEM | IORESOURCE.BUSY;
    for (const [i, start] of bases.entries()) {
      insertResource(
        ctx,
        IOMEM_RESOURCE,
        createNode(ctx, { name: `IOAPIC ${i}`, start, end: start + SLOT_SIZE - 1n, flags }),
      );
    }
  });
}
