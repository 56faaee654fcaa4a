import type { BootFacts } from '../profile-boot.ts';

const v4_4: BootFacts = {
  setupOrder: '4.4',
  dmi: 'dmi_scan_machine',
  remap: 'early_ioremap',
  findMptable: 'default_find_smp_config',
  mpScan: 'direct-map',
  ibftScan: 'direct-map',
  reservesAcpiTables: false,
  efiMemmap: 'efi_init',
  cacheInit: 'mtrr_bp_init',
  cacheInitFlushes: false,
  irqStack: 'direct-map',
  mmInit: 'mm_init',
};
// Of 4.14 only single facts were read; that the mappings became early_memremap() in it is from memory.
const v4_14: BootFacts = {
  ...v4_4,
  setupOrder: '4.14',
  remap: 'early_memremap',
  mpScan: 'early_memremap',
  efiMemmap: 'efi_memblock_x86_reserve_range',
};
const v6_1: BootFacts = {
  ...v4_14,
  setupOrder: '6.1',
  dmi: 'dmi_setup',
  reservesAcpiTables: true,
  irqStack: 'vmap',
  cacheInitFlushes: true,
};
const v6_12: BootFacts = {
  ...v6_1,
  setupOrder: '6.12',
  findMptable: 'mpparse_find_mptable',
  ibftScan: 'early_memremap',
  cacheInit: 'cache_bp_init',
  cacheInitFlushes: false,
  mmInit: 'mm_core_init',
};

/** By the series whose source, logs or captures they were read in. */
export const bootFacts = { v4_4, v4_14, v6_1, v6_12 } as const satisfies Record<string, BootFacts>;
