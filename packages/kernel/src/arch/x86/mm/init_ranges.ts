import { PAGE_SIZE, PMD_SIZE, PUD_SIZE } from '@kwind/x86';
import { allRam, type ByteRange } from '../../../mm/memblock.ts';

/** Which large pages may be used beside 4 KiB ones. */
export interface PageSizes {
  readonly pmd: boolean;
  readonly pud: boolean;
}

/** A piece of physical memory and the pages it is mapped with. */
export interface MapRange extends ByteRange {
  readonly sizes: PageSizes;
}

const none: PageSizes = { pmd: false, pud: false };
const roundUp = (value: bigint, unit: bigint): bigint => (value + unit - 1n) & ~(unit - 1n);
const roundDown = (value: bigint, unit: bigint): bigint => value & ~(unit - 1n);
const lower = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** `page_size_mask` as a number: bit 2 for 2 MiB, bit 3 for 1 GiB. @kernel arch/x86/include/asm/pgtable_types.h enum pg_level */
export const maskOf = (sizes: PageSizes): bigint => (sizes.pmd ? 4n : 0n) | (sizes.pud ? 8n : 0n);

/**
 * Cut a range where the largest possible page changes: 4 KiB up to a 2 MiB boundary, 2 MiB up to a 1 GiB boundary, 1 GiB,
 * and down again. A piece whose surroundings are RAM too gets the larger page all the same, and equal neighbours are joined.
 *
 * @param allowed what the CPU can do
 * @param runs RAM in whole pages
 * @kernel arch/x86/mm/init.c split_mem_range(), adjust_range_page_size_mask()
 */
export function splitMemRange(
  start: bigint,
  end: bigint,
  allowed: PageSizes,
  runs: readonly ByteRange[],
): readonly MapRange[] {
  const limit = roundDown(end, PAGE_SIZE);
  const first = roundDown(start, PAGE_SIZE);
  const pieces: MapRange[] = [];
  let at = first;
  const add = (from: bigint, to: bigint, sizes: PageSizes): void => {
    if (from >= to) return;
    pieces.push({ start: from, end: to, sizes });
    at = to;
  };
  const pmdOnly = { pmd: allowed.pmd, pud: false };
  add(first, lower(roundUp(first, PMD_SIZE), limit), none);
  const lastPmd = roundDown(limit, PMD_SIZE);
  add(roundUp(at, PMD_SIZE), lower(roundUp(at, PUD_SIZE), lastPmd), pmdOnly);
  add(roundUp(at, PUD_SIZE), roundDown(limit, PUD_SIZE), allowed);
  add(roundUp(at, PMD_SIZE), lastPmd, pmdOnly);
  add(at, limit, none);
  return joined(pieces.map((piece) => widened(piece, allowed, runs)));
}

function widened(piece: MapRange, allowed: PageSizes, runs: readonly ByteRange[]): MapRange {
  const fits = (unit: bigint): boolean => allRam(runs, roundDown(piece.start, unit), roundUp(piece.end, unit));
  const pmd = piece.sizes.pmd || (allowed.pmd && fits(PMD_SIZE));
  const pud = piece.sizes.pud || (allowed.pud && fits(PUD_SIZE));
  return { ...piece, sizes: { pmd, pud } };
}

function joined(pieces: readonly MapRange[]): readonly MapRange[] {
  const result: MapRange[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    const isSame =
      last?.end === piece.start && last.sizes.pmd === piece.sizes.pmd && last.sizes.pud === piece.sizes.pud;
    if (isSame) result[result.length - 1] = { ...last, end: piece.end };
    else result.push(piece);
  }
  return result;
}
