import { PTE, type MemoryType } from './pte.ts';
import type { KernelProfile } from './profile.ts';

/**
 * The kernel's own numbers for memory types, by their short names.
 * @kernel arch/x86/include/asm/pgtable_types.h enum page_cache_mode
 */
export const cacheModes = ['WB', 'WC', 'UC-', 'UC', 'WT', 'WP'] as const satisfies readonly MemoryType[];
export type CacheMode = (typeof cacheModes)[number];

export const cacheModeNumber = (mode: CacheMode): number => cacheModes.indexOf(mode);

const longNames: Readonly<Record<CacheMode, string>> = {
  WB: 'write-back',
  WC: 'write-combining',
  'UC-': 'uncached-minus',
  UC: 'uncached',
  WT: 'write-through',
  WP: 'write-protected',
};

/** A memory type as messages and pat_memtype_list spell it. @kernel arch/x86/mm/pat/memtype.c cattr_name() */
export const cacheModeName = (mode: CacheMode): string => longNames[mode];

export const isCacheMode = (text: string): text is CacheMode => (cacheModes as readonly string[]).includes(text);

/** Bits of a 4 KiB entry that select a PAT slot. */
const slotBits = (slot: number): bigint =>
  ((slot & 1) !== 0 ? PTE.PWT : 0n) | ((slot & 2) !== 0 ? PTE.PCD : 0n) | ((slot & 4) !== 0 ? PTE.PAT : 0n);

/** The bits that choose the memory type in a 4 KiB entry. */
export const CACHE_MASK = PTE.PWT | PTE.PCD | PTE.PAT;

/**
 * Bits of a 4 KiB entry that give a memory type, by the lowest PAT slot that holds it; a type that no slot holds is mapped UC-.
 * @kernel arch/x86/mm/init.c cachemode2protval()
 */
export function cacheModeBits(profile: KernelProfile, mode: CacheMode): bigint {
  const slot = profile.patTypes.indexOf(mode);
  return slotBits(slot < 0 ? profile.patTypes.indexOf('UC-') : slot);
}

/** The memory type that the bits of a 4 KiB entry give. @kernel arch/x86/include/asm/memtype.h pgprot2cachemode() */
export function cacheModeOfBits(profile: KernelProfile, bits: bigint): CacheMode {
  const slot =
    ((bits & PTE.PAT) !== 0n ? 4 : 0) + ((bits & PTE.PCD) !== 0n ? 2 : 0) + ((bits & PTE.PWT) !== 0n ? 1 : 0);
  return profile.patTypes[slot]!;
}

/** The protection of a 4 KiB entry for a large one: its PAT bit stands at bit 12, where the small one has frame bits. */
export const protFor4kInLarge = (prot: bigint): bigint =>
  (prot & ~(PTE.PAT | PTE.PAT_LARGE)) | ((prot & PTE.PAT) !== 0n ? PTE.PAT_LARGE : 0n);
