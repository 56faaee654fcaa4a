import { cacheModeNumber, vmallocEnd, vmemmapStart, type CacheMode, type KernelProfile } from '@kwind/x86';
import { MTRR } from './arch/x86/kernel/cpu/mtrr.ts';
import { MEMREMAP } from './kernel/iomem.ts';

/** The kernel's names of memory types; only UC- is spelled otherwise than in the PAT. */
const cacheModeNames: Readonly<Record<string, CacheMode>> = {
  WB: 'WB',
  WC: 'WC',
  UC_MINUS: 'UC-',
  UC: 'UC',
  WT: 'WT',
  WP: 'WP',
};

const mtrrNames: Readonly<Record<string, bigint>> = {
  UNCACHABLE: MTRR.UNCACHABLE,
  WRCOMB: MTRR.WRCOMB,
  WRTHROUGH: MTRR.WRTHROUGH,
  WRPROT: MTRR.WRPROT,
  WRBACK: MTRR.WRBACK,
};

/** Constants around normal ioremap by their kernel names: memory types, what memremap() may do, ends of regions. */
export function ioremapConstants(profile: KernelProfile): readonly (readonly [string, bigint])[] {
  return [
    ['VMALLOC_END', vmallocEnd(profile) - 1n],
    ['VMEMMAP_START', vmemmapStart(profile)],
    ['ISA_START_ADDRESS', 0xa_0000n],
    ['ISA_END_ADDRESS', 0x10_0000n],
    ...Object.entries(cacheModeNames).map(
      ([name, mode]) => [`_PAGE_CACHE_MODE_${name}`, BigInt(cacheModeNumber(mode))] as const,
    ),
    ...Object.entries(MEMREMAP).map(([name, flag]) => [`MEMREMAP_${name}`, flag] as const),
    ...Object.entries(mtrrNames).map(([name, type]) => [`MTRR_TYPE_${name}`, type] as const),
  ];
}
