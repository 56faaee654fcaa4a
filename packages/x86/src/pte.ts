import type { Brand } from './brand.ts';
import { physAddr, type PhysAddr } from './address.ts';
import type { Level } from './paging.ts';

/** One 64-bit page-table entry of any level, as people see it. */
export type Pte = Brand<bigint, 'Pte'>;
export const pte = (value: bigint): Pte => BigInt.asUintN(64, value) as Pte;

/**
 * Entry bits.
 * @kernel arch/x86/include/asm/pgtable_types.h
 */
export const PTE = {
  PRESENT: 1n << 0n,
  RW: 1n << 1n,
  USER: 1n << 2n,
  PWT: 1n << 3n,
  PCD: 1n << 4n,
  ACCESSED: 1n << 5n,
  DIRTY: 1n << 6n,
  /** Large page in a pmd or pud entry; the PAT bit in a 4 KiB entry. */
  PSE: 1n << 7n,
  PAT: 1n << 7n,
  GLOBAL: 1n << 8n,
  SOFTW1: 1n << 9n,
  SOFTW2: 1n << 10n,
  SOFTW3: 1n << 11n,
  PAT_LARGE: 1n << 12n,
  SOFTW4: 1n << 58n,
  NX: 1n << 63n,
} as const;

/** Bits 12 to 51: where a frame number stands in an entry. */
export const PHYSICAL_PAGE_MASK = 0x000f_ffff_ffff_f000n;

export const _KERNPG_TABLE = 0x063n;
export const _PAGE_TABLE = 0x067n;
export const FIXMAP_PAGE_CLEAR = 0n;

export const isPresent = (entry: bigint): boolean => (entry & PTE.PRESENT) !== 0n;

/** True when an entry of `level` maps memory itself instead of pointing to a lower table. */
export function isLeaf(level: Level, entry: bigint): boolean {
  if (level === 'pte') return true;
  return (level === 'pmd' || level === 'pud') && (entry & PTE.PSE) !== 0n;
}

/** Physical address in an entry: of the lower table, or of the page that a leaf maps (its PAT bit removed). */
export function entryPhys(level: Level, entry: bigint): PhysAddr {
  const large = level !== 'pte' && isLeaf(level, entry);
  return physAddr(entry & PHYSICAL_PAGE_MASK & ~(large ? PTE.PAT_LARGE : 0n));
}

const flagNames: readonly (readonly [bigint, string])[] = [
  [PTE.PRESENT, 'P'],
  [PTE.RW, 'RW'],
  [PTE.USER, 'USR'],
  [PTE.PWT, 'PWT'],
  [PTE.PCD, 'PCD'],
  [PTE.ACCESSED, 'A'],
  [PTE.DIRTY, 'D'],
  [PTE.GLOBAL, 'G'],
  [PTE.SOFTW1, 'SOFTW1'],
  [PTE.SOFTW2, 'SOFTW2'],
  [PTE.SOFTW3, 'SOFTW3'],
  [PTE.SOFTW4, 'SOFTW4'],
];

/** The set flags of an entry in short: `RW A D G NX`. P is left out unless it is missing, then `not-present`. */
export function describeFlags(level: Level, entry: bigint): string {
  if (!isPresent(entry)) return entry === 0n ? 'none' : 'not-present';
  const names = flagNames.filter(([bit, name]) => name !== 'P' && (entry & bit) !== 0n).map(([, name]) => name);
  if (level === 'pte' && (entry & PTE.PAT) !== 0n) names.push('PAT');
  if (level !== 'pte' && isLeaf(level, entry)) names.push((entry & PTE.PAT_LARGE) !== 0n ? 'PSE PAT' : 'PSE');
  const pkey = Number((entry >> 59n) & 15n);
  if (pkey !== 0) names.push(`PKEY${pkey}`);
  if ((entry & PTE.NX) !== 0n) names.push('NX');
  return names.join(' ');
}

/** Memory types in PAT order (MSR slots 0 to 7) after pat_init() with a full PAT, 6.1. */
export const patTypes = ['WB', 'WC', 'UC-', 'UC', 'WB', 'WP', 'UC-', 'WT'] as const;
/** Slots as the CPU has them from reset, and keeps when PAT is not set up. */
export const powerOnPatTypes = ['WB', 'WT', 'UC-', 'UC', 'WB', 'WT', 'UC-', 'UC'] as const;
export type MemoryType = (typeof patTypes)[number];

/** Index into the PAT of a leaf: PAT<<2 | PCD<<1 | PWT. */
export function patIndex(level: Level, entry: bigint): number {
  const pat = (entry & (level === 'pte' ? PTE.PAT : PTE.PAT_LARGE)) !== 0n;
  return (pat ? 4 : 0) + ((entry & PTE.PCD) !== 0n ? 2 : 0) + ((entry & PTE.PWT) !== 0n ? 1 : 0);
}
