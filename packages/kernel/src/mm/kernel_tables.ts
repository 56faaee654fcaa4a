import {
  entryPhys,
  indexAt,
  isLeaf,
  isPresent,
  pfnOf,
  walkLevels,
  _PAGE_TABLE,
  type Level,
  type Vaddr,
} from '@kwind/x86';
import { call, type KernelContext } from '../context.ts';
import type { EntryPlace } from '../arch/x86/include/pgalloc.ts';
import { setEntry } from '../arch/x86/include/pgtable.ts';
import { symbolFrame } from '../arch/x86/kernel/symbols.ts';
import { allocTable } from './page_alloc.ts';

/** Frame of the root of init_mm: swapper_pg_dir, whatever root CR3 holds. */
export const initMmRoot = (ctx: KernelContext): number => symbolFrame(ctx, ctx.profile.finalRoot);

/** A place in init_mm's tables and what stands there. */
export interface KernelEntry extends EntryPlace {
  readonly level: Level;
  readonly entry: bigint;
}

/**
 * The entry of `level` for an address in init_mm's tables; tables on the way that are missing are made.
 *
 * @returns the entry, or the leaf or unusable entry of a higher level that stands in the way
 * @emits table.allocated and the link, per missing table from the root down
 * @kernel mm/memory.c __p4d_alloc(), __pud_alloc(), __pmd_alloc(), __pte_alloc_kernel()
 */
export function entryFor(ctx: KernelContext, address: Vaddr, wanted: Level): KernelEntry {
  return descend(ctx, address, wanted, (level, table, index, below) => {
    const next = allocTable(ctx, below);
    setEntry(ctx, level, table, index, (BigInt(next) << 12n) | _PAGE_TABLE);
    return next;
  });
}

/** The entry of `level` for an address, or the higher one where the walk ends; makes nothing. */
export const lookUp = (ctx: KernelContext, address: Vaddr, wanted: Level): KernelEntry =>
  descend(ctx, address, wanted, () => undefined);

type MakeTable = (level: Level, table: number, index: number, below: Level) => number | undefined;

function descend(ctx: KernelContext, address: Vaddr, wanted: Level, makeTable: MakeTable): KernelEntry {
  const levels = walkLevels(ctx.profile.levels);
  let table = initMmRoot(ctx);
  for (const [depth, level] of levels.entries()) {
    const index = indexAt(level, address, ctx.profile.levels);
    const entry = ctx.view.pages.entry(table, index);
    const here = { level, table, index, entry };
    if (level === wanted || level === 'pte') return here;
    if (isPresent(entry)) {
      if (isLeaf(level, entry)) return here;
      table = pfnOf(entryPhys(level, entry));
      continue;
    }
    const next = entry === 0n ? makeTable(level, table, index, levels[depth + 1]!) : undefined;
    if (next === undefined) return here;
    table = next;
  }
  throw new RangeError('a walk has a last level');
}

/**
 * Copy new root entries of init_mm into the roots of all processes. Early boot has none, so nothing is stored; 4.x leaves
 * the vmalloc range to the page-fault handler instead.
 * @kernel arch/x86/mm/init_64.c sync_global_pgds()
 */
export function syncGlobalPgds(ctx: KernelContext, start: bigint, end: bigint): void {
  call(ctx, 'sync_global_pgds', [start, end], () => {});
}
