/** In what builds differ on the way from the first C code to the end of init memory: order of the steps, names, and who maps what how. */
export interface BootFacts {
  /** Which list of steps setup_arch() goes through. */
  readonly setupOrder: '4.4' | '4.14' | '6.1' | '6.12';
  /** The function that looks for DMI tables. */
  readonly dmi: 'dmi_scan_machine' | 'dmi_setup';
  /** How it, and ACPI's table reader, map memory: with early_ioremap() up to 4.13. */
  readonly remap: 'early_ioremap' | 'early_memremap';
  /** The function that looks for an MP table. */
  readonly findMptable: 'default_find_smp_config' | 'mpparse_find_mptable';
  /** It maps what it looks at anew for every 16 bytes (4.14 and later), or reads through the direct map. */
  readonly mpScan: 'early_memremap' | 'direct-map';
  /** The search for an iSCSI table maps each page it looks at (6.12), or reads through the direct map. */
  readonly ibftScan: 'early_memremap' | 'direct-map';
  /** Memory of ACPI tables is set aside, with a line each (6.x). */
  readonly reservesAcpiTables: boolean;
  /** Who maps the EFI memory map. */
  readonly efiMemmap: 'efi_init' | 'efi_memblock_x86_reserve_range';
  /** The function that looks at MTRRs and sets up the PAT. */
  readonly cacheInit: 'mtrr_bp_init' | 'cache_bp_init';
  /** It flushes what is not global twice while it sets the PAT; seen in 6.1. */
  readonly cacheInitFlushes: boolean;
  /** The stack of interrupts is mapped a second time in the vmalloc area (seen in 6.x), or used where it is. */
  readonly irqStack: 'vmap' | 'direct-map';
  /** The function of init/main.c that starts the allocators. */
  readonly mmInit: 'mm_init' | 'mm_core_init';
}
