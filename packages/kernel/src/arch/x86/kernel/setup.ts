import type { KernelProfile } from '@kwind/x86';
import type { Machine } from '../../../boot/machine.ts';
import { call, type KernelContext } from '../../../context.ts';
import { acpiBootTableInit } from '../../../drivers/acpi/tables.ts';
import { dmiSetup } from '../../../drivers/firmware/dmi_scan.ts';
import { cutIomemResource } from '../../../kernel/resource/iomem.ts';
import { pagingInit } from '../../../mm/sparse.ts';
import { enterPhase } from '../../../step.ts';
import { variable } from '../../../variables.ts';
import { cleanupHighmap } from '../mm/cleanup_highmap.ts';
import { initMemMapping } from '../mm/init.ts';
import { earlyIoremapInit } from '../mm/ioremap.ts';
import { earlyAllocPgtBuf } from '../mm/low_pages.ts';
import { efiInit, efiReserveRange } from '../platform/efi/efi.ts';
import { acpiBootInit, earlyAcpiBootInit } from './acpi/boot.ts';
import { initApicMappings } from './apic/apic.ts';
import { ioApicInitMappings } from './apic/io_apic.ts';
import { e820MemorySetup, e820ReserveResources, e820SetupPciGap } from './e820.ts';
import { findSmpConfig } from './mpparse.ts';
import { probeRoms } from './probe_roms.ts';
import {
  cacheInit,
  e820ReserveSetupData,
  noteLastPfn,
  parseEarlyParam,
  parseSetupData,
  reserveIbftRegion,
} from './setup/early.ts';
import { setupOrder, type SetupStep } from './setup/order.ts';
import {
  e820AddKernelRange,
  insertKernelResources,
  reserveStandardIoResources,
  trimBiosRange,
} from './setup/resources.ts';

interface Step {
  /** Name of the phase: the function that does the step, or one made up where setup_arch() does it by itself. */
  readonly phase: string | ((profile: KernelProfile) => string);
  readonly run: (ctx: KernelContext, machine: Machine) => void;
}

/** What each step does. A step without a function of its own in the kernel gets no bracket. */
const steps: Readonly<Record<SetupStep, Step>> = {
  'early-ioremap': { phase: 'early_ioremap_init', run: earlyIoremapInit },
  'efi-reserve': { phase: 'efi_memblock_x86_reserve_range', run: efiReserveRange },
  'early-reserve': {
    phase: 'early_reserve_memory',
    run: (ctx, machine) => call(ctx, 'early_reserve_memory', [], () => reserveIbftRegion(ctx, machine)),
  },
  'iomem-end': { phase: 'iomem_resource', run: cutIomemResource },
  'memory-setup': {
    phase: ({ e820 }) => e820.names.memorySetup,
    run: (ctx, { e820 }) => e820MemorySetup(ctx, { entries: e820 }),
  },
  'setup-data': { phase: 'parse_setup_data', run: parseSetupData },
  'early-param': { phase: 'parse_early_param', run: parseEarlyParam },
  'reserve-setup-data': { phase: 'reserve_setup_data', run: e820ReserveSetupData },
  'efi-init': { phase: 'efi_init', run: efiInit },
  dmi: { phase: ({ boot }) => boot.dmi, run: dmiSetup },
  roms: { phase: 'probe_roms', run: (ctx, { roms }) => probeRoms(ctx, roms) },
  'kernel-resources': { phase: 'kernel_resources', run: insertKernelResources },
  'kernel-range': { phase: 'e820_add_kernel_range', run: e820AddKernelRange },
  'trim-bios': { phase: 'trim_bios_range', run: trimBiosRange },
  'last-pfn': { phase: 'max_pfn', run: noteLastPfn },
  caches: { phase: ({ boot }) => boot.cacheInit, run: cacheInit },
  'mp-table': { phase: ({ boot }) => boot.findMptable, run: findSmpConfig },
  'page-table-buffer': { phase: 'early_alloc_pgt_buf', run: earlyAllocPgtBuf },
  highmap: { phase: 'cleanup_highmap', run: cleanupHighmap },
  'direct-map': { phase: 'init_mem_mapping', run: (ctx) => initMemMapping(ctx) },
  'acpi-tables': { phase: 'acpi_boot_table_init', run: acpiBootTableInit },
  'early-acpi': { phase: 'early_acpi_boot_init', run: earlyAcpiBootInit },
  paging: { phase: 'paging_init', run: (ctx) => pagingInit(ctx) },
  acpi: { phase: 'acpi_boot_init', run: acpiBootInit },
  apic: { phase: 'init_apic_mappings', run: initApicMappings },
  ioapic: { phase: 'io_apic_init_mappings', run: (ctx, { ioapics }) => ioApicInitMappings(ctx, ioapics) },
  'e820-resources': { phase: ({ e820 }) => e820.names.reserveResources, run: e820ReserveResources },
  'standard-ports': { phase: 'reserve_standard_io_resources', run: reserveStandardIoResources },
  'pci-gap': { phase: ({ e820 }) => e820.names.setupGap, run: (ctx) => e820SetupPciGap(ctx, variable(ctx, 'max_pfn')) },
};

/**
 * Everything about this machine that must be known before the allocators start, in the order of the profile's kernel.
 *
 * @emits phase.entered before each step, and what the step does
 * @kernel arch/x86/kernel/setup.c setup_arch()
 */
export function setupArch(ctx: KernelContext, machine: Machine): void {
  enterPhase(ctx, 'setup_arch');
  call(ctx, 'setup_arch', [], () => {
    for (const name of setupOrder[ctx.profile.boot.setupOrder]) {
      const { phase, run } = steps[name];
      enterPhase(ctx, typeof phase === 'string' ? phase : phase(ctx.profile));
      run(ctx, machine);
    }
  });
}
