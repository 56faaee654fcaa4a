import { isLeaf, isPresent, pte, type Level } from '@kwind/x86';
import type { EntryEventType } from '@kwind/events';
import type { KernelContext } from '../../../context.ts';

/** The event type for a store of `after` at `level`: `populated` when it links to a lower table, else `written`. */
export function entryEventType(level: Level, after: bigint): EntryEventType {
  if (level === 'pte' || !isPresent(after) || isLeaf(level, after)) return `${level}.written`;
  return `${level}.populated`;
}

/**
 * One 64-bit store to an entry of a page-table page, no flush of its own.
 *
 * @param table frame of the page that holds the entry
 * @param index 0 to 511
 * @kernel arch/x86/include/asm/pgtable_64.h native_set_pte(), native_set_pmd(), native_set_pud(), …
 */
export function setEntry(ctx: KernelContext, level: Level, table: number, index: number, after: bigint): void {
  const before = ctx.view.pages.entry(table, index);
  ctx.emit({ type: entryEventType(level, after), table: table as never, index, before, after: pte(after) });
}
