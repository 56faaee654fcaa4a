import { bootFacts } from './boot.ts';
import { ioremapRules } from './ioremap.ts';
import { bases, configWith, cr4, fixmapRows, fixmapStatic, head, patLayouts, systemStates, tlbNames } from './parts.ts';
import { protections } from './prots.ts';
import { e820Facts, resourceFacts } from './resources.ts';
import type { ProfileSpec } from './spec.ts';

/**
 * A late stable release of 4.4 (4.4.144) with a distribution's options. Its backports show: CR4.PGE is still off while early
 * mappings are made, so their Global bit means nothing yet, and the boot-state check is the newer one.
 * Symbol addresses are assumed, in the order head_64 lays them out.
 */
export const linux4_4: ProfileSpec = {
  name: 'linux-4.4',
  title: '4.4 stable with distribution options',
  kernel: '4.4',
  nrCpus: 512,
  config: configWith(
    'CONFIG_X86_VSYSCALL_EMULATION',
    'CONFIG_PARAVIRT',
    'CONFIG_PARAVIRT_CLOCK',
    'CONFIG_INTEL_TXT',
    'CONFIG_ACPI_APEI_GHES',
    'CONFIG_RANDOMIZE_BASE',
    'CONFIG_STRICT_DEVMEM',
  ),
  fixmapRows: fixmapRows.v4_4,
  fixmapStatic: fixmapStatic.oneTable,
  prots: protections('dirty', true),
  patTypes: patLayouts.v4_4,
  earlyFixmapMask: 'none',
  setFixmapMask: 'none',
  earlySetup: 'warn-and-stop',
  stateWarning: 'running',
  systemStates: systemStates.v4,
  messages: { physFormat: 'llx', pointerFormat: 'raw', mapWarnLine: 0, unmapWarnLine: 0 },
  has: {
    earlyIoremapShutdown: true,
    earlyMemremapRo: true,
    earlyMemremapProt: false,
    copyFromEarlyMem: true,
    p4dLevel: false,
    checkRegion: false,
  },
  tlb: tlbNames.v4,
  head: head.simple,
  pfnPteInverts: false,
  resource: resourceFacts.v4_4,
  e820: e820Facts.v4_4,
  ioremap: ioremapRules.v4_4,
  boot: bootFacts.v4_4,
  cr4: cr4.paePse,
  bases: { 4: bases.before5_0 },
  modulesEndFollowsFixmap: false,
  symbols: {
    _text: 0xffff_ffff_8100_0000n,
    _etext: 0xffff_ffff_8184_0000n,
    init_level4_pgt: 0xffff_ffff_81e0_a000n,
    level3_ident_pgt: 0xffff_ffff_81e0_b000n,
    level2_ident_pgt: 0xffff_ffff_81e0_c000n,
    level3_kernel_pgt: 0xffff_ffff_81e0_d000n,
    level2_kernel_pgt: 0xffff_ffff_81e0_e000n,
    level2_fixmap_pgt: 0xffff_ffff_81e0_f000n,
    level1_fixmap_pgt: 0xffff_ffff_81e1_0000n,
    phys_base: 0xffff_ffff_81e1_1010n,
    early_level4_pgt: 0xffff_ffff_81f6_4000n,
    early_dynamic_pgts: 0xffff_ffff_81f6_5000n,
    _edata: 0xffff_ffff_81f3_9000n,
    __bss_start: 0xffff_ffff_820a_2000n,
    bm_pte: 0xffff_ffff_820a_6000n,
    __bss_stop: 0xffff_ffff_8220_0000n,
    _end: 0xffff_ffff_8222_9000n,
  },
  earlyRoot: 'early_level4_pgt',
  finalRoot: 'init_level4_pgt',
};
