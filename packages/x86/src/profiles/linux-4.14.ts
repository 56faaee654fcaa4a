import { bootFacts } from './boot.ts';
import { ioremapRules } from './ioremap.ts';
import { bases, configWith, cr4, fixmapRows, fixmapStatic, head, patLayouts, systemStates, tlbNames } from './parts.ts';
import { protections } from './prots.ts';
import { e820Facts, resourceFacts } from './resources.ts';
import type { ProfileSpec } from './spec.ts';

/**
 * 4.14.5 with a distribution's options: the time when every CPU's GDT had a fixmap page, so that the whole area, and
 * MODULES_END with it, moved with NR_CPUS. Symbol addresses are assumed, in the order head_64 lays them out.
 */
export const linux4_14: ProfileSpec = {
  name: 'linux-4.14',
  title: '4.14 with distribution options: per-CPU GDTs in the fixmap',
  kernel: '4.14',
  nrCpus: 512,
  config: configWith(
    'CONFIG_X86_VSYSCALL_EMULATION',
    'CONFIG_PARAVIRT',
    'CONFIG_PARAVIRT_CLOCK',
    'CONFIG_INTEL_TXT',
    'CONFIG_ACPI_APEI_GHES',
    'CONFIG_RANDOMIZE_BASE',
    'CONFIG_STRICT_DEVMEM',
    'CONFIG_ARCH_USE_MEMREMAP_PROT',
  ),
  fixmapRows: fixmapRows.v4_14,
  fixmapStatic: fixmapStatic.oneTable,
  prots: protections('dirty', true),
  patTypes: patLayouts.withWriteProtect,
  earlyFixmapMask: 'none',
  setFixmapMask: 'none',
  earlySetup: 'warn-and-stop',
  // The relaxed check came with 4.16 and with later stable releases than 4.14.5.
  stateWarning: 'not-booting',
  systemStates: systemStates.v4_14,
  messages: { physFormat: 'llx', pointerFormat: 'raw', mapWarnLine: 0, unmapWarnLine: 0 },
  has: {
    earlyIoremapShutdown: true,
    earlyMemremapRo: true,
    earlyMemremapProt: true,
    copyFromEarlyMem: true,
    p4dLevel: true,
    checkRegion: false,
  },
  tlb: tlbNames.v4,
  head: head.simple,
  pfnPteInverts: false,
  resource: resourceFacts.v4_14,
  e820: e820Facts.v4_14,
  ioremap: ioremapRules.v4_14,
  boot: bootFacts.v4_14,
  cr4: cr4.paePge,
  // Not read in a source: the 5-level bases of this series were its own (4.19's direct map, another vmalloc area).
  bases: { 4: bases.before5_0, 5: { pageOffset: 0xff10_0000_0000_0000n, vmallocStart: 0xff92_0000_0000_0000n } },
  modulesEndFollowsFixmap: true,
  symbols: {
    _text: 0xffff_ffff_8100_0000n,
    _etext: 0xffff_ffff_8190_0000n,
    init_top_pgt: 0xffff_ffff_8200_a000n,
    level3_ident_pgt: 0xffff_ffff_8200_b000n,
    level2_ident_pgt: 0xffff_ffff_8200_c000n,
    level4_kernel_pgt: 0xffff_ffff_8200_d000n,
    level3_kernel_pgt: 0xffff_ffff_8200_e000n,
    level2_kernel_pgt: 0xffff_ffff_8200_f000n,
    level2_fixmap_pgt: 0xffff_ffff_8201_0000n,
    level1_fixmap_pgt: 0xffff_ffff_8201_1000n,
    phys_base: 0xffff_ffff_8201_2010n,
    early_top_pgt: 0xffff_ffff_8218_0000n,
    early_dynamic_pgts: 0xffff_ffff_8218_1000n,
    _edata: 0xffff_ffff_8214_0000n,
    __bss_start: 0xffff_ffff_8231_0000n,
    bm_pte: 0xffff_ffff_8231_4000n,
    __bss_stop: 0xffff_ffff_8260_0000n,
    _end: 0xffff_ffff_8262_8000n,
  },
  earlyRoot: 'early_top_pgt',
  finalRoot: 'init_top_pgt',
};
