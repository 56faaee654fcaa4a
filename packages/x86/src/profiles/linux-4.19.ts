import { bootFacts } from './boot.ts';
import { ioremapRules } from './ioremap.ts';
import { bases, configWith, cr4, fixmapRows, fixmapStatic, head, patLayouts, systemStates, tlbNames } from './parts.ts';
import { protections } from './prots.ts';
import { e820Facts, resourceFacts } from './resources.ts';
import type { ProfileSpec } from './spec.ts';

/**
 * 4.19.1 with a distribution's options. Symbol addresses are assumed, in the order head_64 lays them out; each root has its
 * user half behind it because page-table isolation is built in.
 */
export const linux4_19: ProfileSpec = {
  name: 'linux-4.19',
  title: '4.19 with distribution options',
  kernel: '4.19',
  nrCpus: 512,
  config: configWith(
    'CONFIG_X86_VSYSCALL_EMULATION',
    'CONFIG_PARAVIRT',
    'CONFIG_PARAVIRT_CLOCK',
    'CONFIG_INTEL_TXT',
    'CONFIG_ACPI_APEI_GHES',
    'CONFIG_RANDOMIZE_BASE',
    'CONFIG_STRICT_DEVMEM',
    'CONFIG_X86_5LEVEL',
    'CONFIG_PAGE_TABLE_ISOLATION',
    'CONFIG_ARCH_USE_MEMREMAP_PROT',
  ),
  fixmapRows: fixmapRows.v4_19,
  fixmapStatic: fixmapStatic.twoTables,
  prots: protections('dirty', true),
  patTypes: patLayouts.withWriteProtect,
  earlyFixmapMask: '__default_kernel_pte_mask',
  setFixmapMask: '__default_kernel_pte_mask',
  earlySetup: 'warn-and-stop',
  stateWarning: 'running',
  systemStates: systemStates.v4_19,
  messages: { physFormat: 'llx', pointerFormat: 'hashed', mapWarnLine: 0, unmapWarnLine: 0 },
  has: {
    earlyIoremapShutdown: true,
    earlyMemremapRo: true,
    earlyMemremapProt: true,
    copyFromEarlyMem: true,
    p4dLevel: true,
    checkRegion: false,
  },
  tlb: tlbNames.v4_19,
  head: head.simple,
  pfnPteInverts: true,
  resource: resourceFacts.v4_14,
  e820: e820Facts.v4_14,
  ioremap: ioremapRules.v4_19,
  boot: bootFacts.v4_14,
  cr4: cr4.paePge,
  // Not read in a source: the 5-level direct map moved together with the 4-level one, in 5.0.
  bases: { 4: bases.before5_0, 5: { ...bases.la57, pageOffset: 0xff10_0000_0000_0000n } },
  modulesEndFollowsFixmap: false,
  symbols: {
    _text: 0xffff_ffff_8100_0000n,
    _etext: 0xffff_ffff_81a0_0000n,
    init_top_pgt: 0xffff_ffff_8220_a000n,
    level3_ident_pgt: 0xffff_ffff_8220_c000n,
    level2_ident_pgt: 0xffff_ffff_8220_d000n,
    level4_kernel_pgt: 0xffff_ffff_8220_e000n,
    level3_kernel_pgt: 0xffff_ffff_8220_f000n,
    level2_kernel_pgt: 0xffff_ffff_8221_0000n,
    level2_fixmap_pgt: 0xffff_ffff_8221_1000n,
    level1_fixmap_pgt: 0xffff_ffff_8221_2000n,
    phys_base: 0xffff_ffff_8221_4010n,
    early_top_pgt: 0xffff_ffff_8248_2000n,
    early_dynamic_pgts: 0xffff_ffff_8248_4000n,
    _edata: 0xffff_ffff_8244_0000n,
    __bss_start: 0xffff_ffff_8265_8000n,
    bm_pte: 0xffff_ffff_8265_c000n,
    __bss_stop: 0xffff_ffff_82a0_0000n,
    _end: 0xffff_ffff_82a2_c000n,
  },
  earlyRoot: 'early_top_pgt',
  finalRoot: 'init_top_pgt',
};
