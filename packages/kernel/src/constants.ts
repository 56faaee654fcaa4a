import {
  fixaddrSize,
  fixaddrStart,
  fixaddrTotStart,
  fixmapEnumerators,
  PAGE_MASK,
  PAGE_SIZE,
  PMD_SIZE,
  PUD_SIZE,
  PTE,
  type KernelProfile,
} from '@kwind/x86';
import { ioremapConstants } from './constants-ioremap.ts';
import { resourceConstants } from './constants-resources.ts';

const sizes = (profile: KernelProfile): [string, bigint][] => [
  ['PAGE_SIZE', PAGE_SIZE],
  ['PAGE_SHIFT', 12n],
  ['PAGE_MASK', PAGE_MASK],
  ['PMD_SIZE', PMD_SIZE],
  ['PMD_SHIFT', 21n],
  ['PUD_SIZE', PUD_SIZE],
  ['PUD_SHIFT', 30n],
  ['PTRS_PER_PTE', 512n],
  ['NR_CPUS', BigInt(profile.nrCpus)],
  ['NR_FIX_BTMAPS', BigInt(profile.nrFixBtmaps)],
  ['FIX_BTMAPS_SLOTS', BigInt(profile.fixBtmapsSlots)],
  ['TOTAL_FIX_BTMAPS', BigInt(profile.nrFixBtmaps * profile.fixBtmapsSlots)],
  ['MAX_MAP_CHUNK', BigInt(profile.nrFixBtmaps) * PAGE_SIZE],
  ['NULL', 0n],
];

const places = (profile: KernelProfile): [string, bigint][] => [
  ['FIXADDR_TOP', profile.fixaddrTop],
  ['FIXADDR_START', fixaddrStart(profile)],
  ['FIXADDR_SIZE', fixaddrSize(profile)],
  ['FIXADDR_TOT_START', fixaddrTotStart(profile)],
  ['swapper_pg_dir', profile.symbols[profile.finalRoot] ?? 0n],
  ['PAGE_OFFSET', profile.pageOffset],
  ['VMALLOC_START', profile.vmallocStart],
  ['MODULES_VADDR', profile.modulesVaddr],
  ['MODULES_END', profile.modulesEnd],
  ['__START_KERNEL_map', profile.startKernelMap],
  ['KERNEL_IMAGE_SIZE', profile.kernelImageSize],
];

/**
 * Constants that scripts and expressions know by their kernel names: sizes, places, fixmap indices, protections and
 * their bits, values of system_state, and addresses of image symbols.
 */
export function kernelConstants(profile: KernelProfile): ReadonlyMap<string, bigint> {
  const bits = Object.entries(PTE).map(([name, bit]) => [`_PAGE_${name}`, bit] as const);
  return new Map<string, bigint>([
    ...Object.entries(profile.symbols),
    ...bits,
    ...Object.entries(profile.prots),
    ...[...fixmapEnumerators(profile)].map(([name, idx]) => [name, BigInt(idx)] as const),
    ...profile.systemStates.map((name, value) => [name, BigInt(value)] as const),
    ...sizes(profile),
    ...places(profile),
    ...resourceConstants(profile),
    ...ioremapConstants(profile),
  ]);
}
