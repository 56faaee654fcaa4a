import type { Vaddr } from './address.ts';

/** Names of the page-table levels, as the kernel uses them. With 4-level paging the p4d is folded into the pgd. */
export const levels = ['pte', 'pmd', 'pud', 'p4d', 'pgd'] as const;
export type Level = (typeof levels)[number];

export const PTRS_PER_TABLE = 512;
export const PTRS_PER_PTE = 512;

const shifts: Record<Level, bigint> = { pte: 12n, pmd: 21n, pud: 30n, p4d: 39n, pgd: 48n };

/** Bit position where a level's index starts. With 4 levels the pgd sits where 5-level paging has its p4d. */
export function shiftOf(level: Level, nrLevels: 4 | 5): bigint {
  return level === 'pgd' && nrLevels === 4 ? shifts.p4d : shifts[level];
}

/** Index (0 to 511) of `address` in the table of `level`. */
export function indexAt(level: Level, address: Vaddr, nrLevels: 4 | 5): number {
  return Number((address >> shiftOf(level, nrLevels)) & 511n);
}

/** Levels of a walk from the root down. */
export function walkLevels(nrLevels: 4 | 5): readonly Level[] {
  return nrLevels === 5 ? ['pgd', 'p4d', 'pud', 'pmd', 'pte'] : ['pgd', 'pud', 'pmd', 'pte'];
}

/** Bytes that one entry of `level` covers. */
export const coverageOf = (level: Level, nrLevels: 4 | 5): bigint => 1n << shiftOf(level, nrLevels);
