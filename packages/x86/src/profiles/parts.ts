import type { FixmapRowName } from '../fixmap-table.ts';
import { patTypes } from '../pte.ts';
import type { ProfileSpec, RegionBases } from './spec.ts';

/** Values that several data files share, each named after what it is, never after who uses it. */

const rowsBeforeSeries4_19 = [
  'VSYSCALL_PAGE',
  'FIX_DBGP_BASE',
  'FIX_EARLYCON_MEM_BASE',
  'FIX_OHCI1394_BASE',
  'FIX_APIC_BASE',
  'FIX_IO_APIC_BASE_0',
  'FIX_RO_IDT',
  'FIX_PARAVIRT_BOOTMAP@CONFIG_PARAVIRT',
  'FIX_TEXT_POKE1',
  'FIX_TEXT_POKE0',
  'FIX_LNW_VRTC',
] as const satisfies readonly FixmapRowName[];

/** Rows that the enum of a series declares; which of them exist in a build is decided by its options. */
export const fixmapRows = {
  v4_4: [...rowsBeforeSeries4_19, 'PVCLOCK_FIXMAP_BEGIN'],
  v4_9: rowsBeforeSeries4_19,
  v4_14: [...rowsBeforeSeries4_19, 'FIX_GDT_REMAP_BEGIN'],
  v4_19: [...rowsBeforeSeries4_19.filter((row) => row !== 'FIX_RO_IDT'), 'FIX_APEI_GHES_IRQ', 'FIX_APEI_GHES_NMI'],
  v6: [
    'VSYSCALL_PAGE',
    'FIX_DBGP_BASE',
    'FIX_EARLYCON_MEM_BASE',
    'FIX_OHCI1394_BASE',
    'FIX_APIC_BASE',
    'FIX_IO_APIC_BASE_0',
    'FIX_PARAVIRT_BOOTMAP@CONFIG_PARAVIRT_XXL',
    'FIX_APEI_GHES_IRQ',
    'FIX_APEI_GHES_NMI',
  ],
} as const satisfies Record<string, readonly FixmapRowName[]>;

/** head_64 up to 4.14 links one table, under the entry below FIXADDR_TOP's; 4.19 links two, so that indices 0 to 1023 have tables. */
export const fixmapStatic = {
  oneTable: { pmdNum: 1, pmdTop: 506 },
  twoTables: { pmdNum: 2, pmdTop: 507 },
} as const;

/** Options that matter here. A data file lists those it sets; the rest are off. */
export const configNames = [
  'CONFIG_MMU',
  'CONFIG_X86_LOCAL_APIC',
  'CONFIG_X86_IO_APIC',
  'CONFIG_X86_VSYSCALL_EMULATION',
  'CONFIG_PARAVIRT',
  'CONFIG_PARAVIRT_CLOCK',
  'CONFIG_PARAVIRT_XXL',
  'CONFIG_PROVIDE_OHCI1394_DMA_INIT',
  'CONFIG_X86_INTEL_MID',
  'CONFIG_ACPI_APEI_GHES',
  'CONFIG_INTEL_TXT',
  'CONFIG_RANDOMIZE_BASE',
  'CONFIG_X86_5LEVEL',
  'CONFIG_PAGE_TABLE_ISOLATION',
  'CONFIG_ARCH_USE_MEMREMAP_PROT',
  'CONFIG_STRICT_DEVMEM',
  'CONFIG_IO_STRICT_DEVMEM',
  'CONFIG_MODIFY_LDT_SYSCALL',
  'CONFIG_X86_ESPFIX64',
  'CONFIG_EFI',
  'CONFIG_NUMA',
  'CONFIG_X86_MPPARSE',
] as const;
export type ConfigName = (typeof configNames)[number];

/** The options of a build: the named ones on, all others off. */
export function configWith(...on: readonly ConfigName[]): Record<string, boolean> {
  const always: readonly ConfigName[] = [
    'CONFIG_MMU',
    'CONFIG_X86_LOCAL_APIC',
    'CONFIG_X86_IO_APIC',
    'CONFIG_MODIFY_LDT_SYSCALL',
    'CONFIG_X86_ESPFIX64',
    'CONFIG_EFI',
    'CONFIG_NUMA',
    'CONFIG_X86_MPPARSE',
  ];
  return Object.fromEntries(configNames.map((name) => [name, always.includes(name) || on.includes(name)]));
}

/** Function names of the flushes. */
export const tlbNames = {
  /** With paravirt, `__flush_tlb_single` is the hook. */
  v4: {
    flushOneKernel: '__flush_tlb_one',
    flushOneNative: '__flush_tlb_single',
    flushLocal: '__flush_tlb',
    flushGlobal: '__flush_tlb_global',
    flushAll: '__flush_tlb_all',
  },
  /** The native name is assumed. */
  v4_19: {
    flushOneKernel: '__flush_tlb_one_kernel',
    flushOneNative: '__native_flush_tlb_one_user',
    flushLocal: '__flush_tlb',
    flushGlobal: '__flush_tlb_global',
    flushAll: '__flush_tlb_all',
  },
  v6: {
    flushOneKernel: 'flush_tlb_one_kernel',
    flushOneNative: 'native_flush_tlb_one_user',
    flushLocal: 'native_flush_tlb_local',
    flushGlobal: 'native_flush_tlb_global',
    flushAll: '__flush_tlb_all',
  },
} as const satisfies Record<string, ProfileSpec['tlb']>;

/** PAT slots after pat_init() on a CPU with a full PAT. Write-protect in slot 5 came with memory encryption. */
export const patLayouts = {
  v4_4: ['WB', 'WC', 'UC-', 'UC', 'WB', 'WC', 'UC-', 'WT'],
  withWriteProtect: patTypes,
} as const satisfies Record<string, ProfileSpec['patTypes']>;

const shutdownStates = ['SYSTEM_HALT', 'SYSTEM_POWER_OFF', 'SYSTEM_RESTART'] as const;
/**
 * Values of system_state, in the order of its enum. SYSTEM_SCHEDULING came with 4.13; SYSTEM_SUSPEND (not checked in a
 * source) is last and after the values that matter here.
 */
export const systemStates = {
  v4: ['SYSTEM_BOOTING', 'SYSTEM_RUNNING', ...shutdownStates],
  v4_14: ['SYSTEM_BOOTING', 'SYSTEM_SCHEDULING', 'SYSTEM_RUNNING', ...shutdownStates],
  v4_19: ['SYSTEM_BOOTING', 'SYSTEM_SCHEDULING', 'SYSTEM_RUNNING', ...shutdownStates, 'SYSTEM_SUSPEND'],
  v6: [
    'SYSTEM_BOOTING',
    'SYSTEM_SCHEDULING',
    'SYSTEM_FREEING_INITMEM',
    'SYSTEM_RUNNING',
    ...shutdownStates,
    'SYSTEM_SUSPEND',
  ],
} as const satisfies Record<string, readonly string[]>;

/** Start-up code: how CR4.PGE comes on, and whether the image's map is cut to the image. */
export const head = {
  simple: { pge: 'at-once', trimsImageMap: false },
  v6_1: { pge: 'toggled', trimsImageMap: true },
  v6_12: { pge: 'late', trimsImageMap: true },
} as const satisfies Record<string, ProfileSpec['head']>;

/** CR4 values when C code starts. */
export const cr4 = { paePge: 0xa0n, paePse: 0x30n, paePsePge: 0xb0n } as const;

const vmalloc4 = 0xffff_c900_0000_0000n;
export const bases = {
  /** Direct map before the guard hole below it was widened (5.0). */
  before5_0: { pageOffset: 0xffff_8800_0000_0000n, vmallocStart: vmalloc4 },
  from5_0: { pageOffset: 0xffff_8880_0000_0000n, vmallocStart: vmalloc4 },
  la57: { pageOffset: 0xff11_0000_0000_0000n, vmallocStart: 0xffa0_0000_0000_0000n },
} as const satisfies Record<string, RegionBases>;
