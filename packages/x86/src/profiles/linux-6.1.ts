import { bootFacts } from './boot.ts';
import { ioremapRules } from './ioremap.ts';
import { bases, configWith, cr4, fixmapRows, fixmapStatic, head, patLayouts, systemStates, tlbNames } from './parts.ts';
import { protections } from './prots.ts';
import { e820Facts, resourceFacts } from './resources.ts';
import type { ProfileSpec } from './spec.ts';

/** Debian 12. Fixmap numbers come from the type data of the shipped kernel, addresses from boots of it. */
export const linux6_1: ProfileSpec = {
  name: 'linux-6.1',
  title: 'Debian 12: 6.1 amd64',
  kernel: '6.1',
  nrCpus: 8192,
  config: {
    ...configWith(
      'CONFIG_X86_VSYSCALL_EMULATION',
      'CONFIG_PARAVIRT',
      'CONFIG_PARAVIRT_CLOCK',
      'CONFIG_PARAVIRT_XXL',
      'CONFIG_INTEL_TXT',
      'CONFIG_ACPI_APEI_GHES',
      'CONFIG_RANDOMIZE_BASE',
      'CONFIG_X86_5LEVEL',
      'CONFIG_PAGE_TABLE_ISOLATION',
      'CONFIG_ARCH_USE_MEMREMAP_PROT',
      'CONFIG_STRICT_DEVMEM',
      'CONFIG_IO_STRICT_DEVMEM',
    ),
    // The cloud flavour, whose addresses these are, looks for no MP table; the generic one does.
    CONFIG_X86_MPPARSE: false,
  },
  fixmapRows: fixmapRows.v6,
  fixmapStatic: fixmapStatic.twoTables,
  prots: protections('dirty', false),
  patTypes: patLayouts.withWriteProtect,
  earlyFixmapMask: '__supported_pte_mask',
  setFixmapMask: '__default_kernel_pte_mask',
  earlySetup: 'warn-and-stop',
  stateWarning: 'running',
  systemStates: systemStates.v6,
  messages: { physFormat: 'pa', pointerFormat: 'hashed', mapWarnLine: 157, unmapWarnLine: 189 },
  has: {
    earlyIoremapShutdown: false,
    earlyMemremapRo: true,
    earlyMemremapProt: true,
    copyFromEarlyMem: true,
    p4dLevel: true,
    checkRegion: false,
  },
  tlb: tlbNames.v6,
  head: head.v6_1,
  pfnPteInverts: true,
  resource: resourceFacts.v6,
  e820: e820Facts.v6,
  ioremap: ioremapRules.v6,
  boot: bootFacts.v6_1,
  cr4: cr4.paePge,
  bases: { 4: bases.from5_0, 5: bases.la57 },
  modulesEndFollowsFixmap: false,
  // Of 6.1.0-56-cloud-amd64. The generic flavour of the same release differs: its log shows early_top_pgt at physical 0x30ec000.
  symbols: {
    // From the debug symbols of that kernel.
    _text: 0xffff_ffff_8100_0000n,
    init_top_pgt: 0xffff_ffff_82a1_0000n,
    level2_fixmap_pgt: 0xffff_ffff_82a1_7000n,
    level1_fixmap_pgt: 0xffff_ffff_82a1_8000n,
    phys_base: 0xffff_ffff_82a1_a010n,
    bm_pte: 0xffff_ffff_832b_5000n,
    // From its boots: CR3 and CR2 in warnings, entry addresses of captured writes, the kernel's rows of /proc/iomem.
    _etext: 0xffff_ffff_81e0_1ef2n,
    __start_rodata: 0xffff_ffff_8200_0000n,
    __end_rodata: 0xffff_ffff_8282_7000n,
    _sdata: 0xffff_ffff_82a0_0000n,
    _edata: 0xffff_ffff_82c4_5e00n,
    level3_kernel_pgt: 0xffff_ffff_82a1_5000n,
    level2_kernel_pgt: 0xffff_ffff_82a1_6000n,
    early_top_pgt: 0xffff_ffff_830b_6000n,
    __bss_start: 0xffff_ffff_832b_1000n,
    __bss_stop: 0xffff_ffff_8380_0000n,
    // By the order of head_64: the pages left over between the ones above, and what follows a root of two pages.
    level3_ident_pgt: 0xffff_ffff_82a1_2000n,
    level2_ident_pgt: 0xffff_ffff_82a1_3000n,
    level4_kernel_pgt: 0xffff_ffff_82a1_4000n,
    early_dynamic_pgts: 0xffff_ffff_830b_8000n,
    // Assumed; cleanup_highmap() shows only that it lies below ffffffff83a00000.
    _end: 0xffff_ffff_8382_c000n,
  },
  earlyRoot: 'early_top_pgt',
  finalRoot: 'init_top_pgt',
};
