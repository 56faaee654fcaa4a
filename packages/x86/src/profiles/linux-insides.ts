import { bootFacts } from './boot.ts';
import { ioremapRules } from './ioremap.ts';
import { bases, configWith, cr4, fixmapRows, fixmapStatic, head, patLayouts, systemStates, tlbNames } from './parts.ts';
import { protections } from './prots.ts';
import { e820Facts, resourceFacts } from './resources.ts';
import type { ProfileSpec } from './spec.ts';

/**
 * The build behind the chapters of the book "linux-insides": a v4.x kernel without vsyscall emulation and without paravirt,
 * the only kind in which the permanent fixmaps take 134 pages (536 KiB). Its early window is the pmd entry that the
 * static level1_fixmap_pgt was linked under, and the permanent pages have no static table.
 *
 * Rows are those of 4.5 to 4.11. All symbol addresses are assumed, in the order head_64 lays them out.
 */
export const linuxInsides: ProfileSpec = {
  name: 'linux-insides',
  title: 'v4.x as in the book linux-insides: no vsyscall emulation, no paravirt',
  kernel: '4.x',
  nrCpus: 512,
  config: configWith('CONFIG_INTEL_TXT'),
  fixmapRows: fixmapRows.v4_9,
  fixmapStatic: fixmapStatic.oneTable,
  prots: protections('dirty', true),
  patTypes: patLayouts.v4_4,
  earlyFixmapMask: 'none',
  setFixmapMask: 'none',
  earlySetup: 'warn-and-stop',
  stateWarning: 'not-booting',
  systemStates: systemStates.v4,
  messages: { physFormat: 'llx', pointerFormat: 'raw', mapWarnLine: 0, unmapWarnLine: 0 },
  has: {
    earlyIoremapShutdown: true,
    earlyMemremapRo: true,
    earlyMemremapProt: false,
    copyFromEarlyMem: true,
    p4dLevel: false,
    checkRegion: true,
  },
  // Without paravirt the macro expands to the native function.
  tlb: { ...tlbNames.v4, flushOneNative: '__native_flush_tlb_single' },
  head: head.simple,
  pfnPteInverts: false,
  resource: resourceFacts.v4_0,
  e820: e820Facts.v4_0,
  ioremap: ioremapRules.v4_9,
  boot: bootFacts.v4_4,
  cr4: cr4.paePge,
  bases: { 4: bases.before5_0 },
  modulesEndFollowsFixmap: false,
  symbols: {
    _text: 0xffff_ffff_8100_0000n,
    _etext: 0xffff_ffff_8190_0000n,
    init_level4_pgt: 0xffff_ffff_81e0_a000n,
    level3_kernel_pgt: 0xffff_ffff_81e0_b000n,
    level2_kernel_pgt: 0xffff_ffff_81e0_c000n,
    level2_fixmap_pgt: 0xffff_ffff_81e0_d000n,
    level1_fixmap_pgt: 0xffff_ffff_81e0_e000n,
    phys_base: 0xffff_ffff_81e0_f010n,
    early_level4_pgt: 0xffff_ffff_81f8_0000n,
    early_dynamic_pgts: 0xffff_ffff_81f8_1000n,
    _edata: 0xffff_ffff_81f4_0000n,
    __bss_start: 0xffff_ffff_8210_0000n,
    bm_pte: 0xffff_ffff_8210_3000n,
    __bss_stop: 0xffff_ffff_8240_0000n,
    _end: 0xffff_ffff_8242_9000n,
  },
  earlyRoot: 'early_level4_pgt',
  finalRoot: 'init_level4_pgt',
};
