import { fixmapEnumerators, IOMEM_RESOURCE, IORESOURCE, physAddr } from '@kwind/x86';
import { call, type KernelContext } from '../../../../context.ts';
import { insertResource } from '../../../../kernel/resource/insert.ts';
import { createNode } from '../../../../kernel/resource/node.ts';
import { setFixmapNocache } from '../../mm/fixmap.ts';
import { setVariable, variable } from '../../../../variables.ts';

/** Where every x86 has its local APIC unless told otherwise. */
export const LAPIC_BASE = 0xfee0_0000n;

/** Map the local APIC's registers uncached, for good. @kernel arch/x86/kernel/apic/apic.c register_lapic_address() */
export function registerLapicAddress(ctx: KernelContext): void {
  call(ctx, 'register_lapic_address', [LAPIC_BASE], () => {
    setVariable(ctx, 'mp_lapic_addr', LAPIC_BASE);
    const index = fixmapEnumerators(ctx.profile).get('FIX_APIC_BASE');
    if (index !== undefined) setFixmapNocache(ctx, index, physAddr(LAPIC_BASE));
  });
}

/** Without ACPI nobody has registered the local APIC so far. @kernel arch/x86/kernel/apic/apic.c init_apic_mappings() */
export function initApicMappings(ctx: KernelContext): void {
  call(ctx, 'init_apic_mappings', [], () => {
    if (variable(ctx, 'mp_lapic_addr') === 0n) registerLapicAddress(ctx);
  });
}

/** @kernel arch/x86/kernel/apic/apic.c lapic_insert_resource() */
export function lapicInsertResource(ctx: KernelContext): void {
  call(ctx, 'lapic_insert_resource', [], () => {
    const flags = IORESOURCE.MEM | IORESOURCE.BUSY;
    insertResource(
      ctx,
      IOMEM_RESOURCE,
      createNode(ctx, { name: 'Local APIC', start: LAPIC_BASE, end: LAPIC_BASE + 0xfffn, flags }),
    );
  });
}
