import type { BootFacts } from '@kwind/x86';

/** Steps of setup_arch(), named by what they do; see `steps` in setup.ts. */
export type SetupStep =
  | 'early-ioremap'
  | 'efi-reserve'
  | 'early-reserve'
  | 'iomem-end'
  | 'memory-setup'
  | 'setup-data'
  | 'early-param'
  | 'reserve-setup-data'
  | 'efi-init'
  | 'dmi'
  | 'roms'
  | 'kernel-resources'
  | 'kernel-range'
  | 'trim-bios'
  | 'last-pfn'
  | 'caches'
  | 'mp-table'
  | 'page-table-buffer'
  | 'highmap'
  | 'direct-map'
  | 'acpi-tables'
  | 'early-acpi'
  | 'paging'
  | 'acpi'
  | 'apic'
  | 'ioapic'
  | 'e820-resources'
  | 'standard-ports'
  | 'pci-gap';

/** From the DMI tables to the end is the same in all that were read. */
const common: readonly SetupStep[] = [
  'dmi',
  'roms',
  'kernel-resources',
  'kernel-range',
  'trim-bios',
  'last-pfn',
  'caches',
  'mp-table',
  'page-table-buffer',
  'highmap',
  'direct-map',
  'acpi-tables',
  'early-acpi',
  'paging',
  'acpi',
  'apic',
  'ioapic',
  'e820-resources',
  'standard-ports',
  'pci-gap',
];

const old: readonly SetupStep[] = [
  'early-ioremap',
  'efi-reserve',
  'iomem-end',
  'memory-setup',
  'setup-data',
  'early-param',
  'reserve-setup-data',
  'efi-init',
  ...common,
];

const current: readonly SetupStep[] = [
  'early-ioremap',
  'early-reserve',
  'iomem-end',
  'memory-setup',
  'setup-data',
  'early-param',
  'efi-reserve',
  'reserve-setup-data',
  'efi-init',
  ...common,
];

/**
 * The order of setup_arch() by kernel, as far as it touches what is simulated. In 6.12 early_reserve_memory() maps what it
 * looks at; when things are done has not changed since 6.1.
 * @kernel arch/x86/kernel/setup.c setup_arch()
 */
export const setupOrder: Readonly<Record<BootFacts['setupOrder'], readonly SetupStep[]>> = {
  '4.4': old,
  '4.14': old,
  '6.1': current,
  '6.12': current,
};
