import { entryPhys, isLeaf, isPresent, paOf, pfn, pfnOf, physAddr, tableSymbol, vaddr, walkLevels, type Level } from '@kwind/x86';
import type { CaptureLevel } from '@kwind/events';
import { setEntry, type EntryPlace, type KernelContext } from '@kwind/kernel';
import { walk, type MachineView } from '@kwind/state';

const ENTRY_BYTES = 8n;

/**
 * The entry that a kernel pointer names: one in the image or the direct map by arithmetic, any other (an early fixmap window
 * onto a table) through the tables as they are now.
 * @returns undefined where nothing is mapped
 */
export function entryAt(view: MachineView, pointer: bigint): EntryPlace | undefined {
  const direct = paOf(view.profile, vaddr(pointer));
  const found = direct === undefined ? walk(view, vaddr(pointer)) : undefined;
  const phys = direct ?? (found?.kind === 'mapped' ? found.phys : undefined);
  return phys === undefined ? undefined : { table: pfnOf(physAddr(phys)), index: Number((phys & 0xfffn) / ENTRY_BYTES) };
}

/** With 4 levels p4d is folded: its functions store to the root. */
const unfolded = (view: MachineView, level: CaptureLevel): Level => (level === 'p4d' && view.profile.levels === 4 ? 'pgd' : level);

/**
 * The level of the table in a frame. What the table is known to be counts where the store may go to it: large pages of
 * ioremap are stored with the function for 4 KiB entries. Else the frame was given back and has become another table.
 */
function levelOf(view: MachineView, table: number, level: CaptureLevel, value: bigint): Level {
  const wanted = unfolded(view, level);
  const known = view.pages.info(table)?.level as Level | '' | undefined;
  if (known === undefined || known === '') return wanted;
  const largeInto = wanted === 'pte' && (known === 'pmd' || known === 'pud') && (value === 0n || isLeaf(known, value));
  return largeInto ? known : wanted;
}

function ensureTable(ctx: KernelContext, table: number, level: Level): void {
  if (ctx.view.pages.info(table)?.level === level) return;
  ctx.emit({ type: 'table.allocated', table: pfn(table), level, name: tableSymbol(ctx.profile, pfn(table)) ?? '' });
}

/** The level that a store of `value` at a place has: by the table that is there, else by the function that stored. */
export const storeLevel = (view: MachineView, { table }: EntryPlace, level: CaptureLevel, value: bigint): Level => levelOf(view, table, level, value);

/** The level below one, by the paging depth. */
function levelBelow(view: MachineView, level: Level): Level | undefined {
  const levels = walkLevels(view.profile.levels);
  return levels[levels.indexOf(level) + 1];
}

/**
 * Record a store that was seen. A frame becomes a table with the first store to it or the first link to it, all zero, as the
 * allocator gives it out.
 * @emits table.allocated for new tables, then the store
 */
export function storeSeen(ctx: KernelContext, place: EntryPlace, seen: CaptureLevel, value: bigint): void {
  const level = levelOf(ctx.view, place.table, seen, value);
  ensureTable(ctx, place.table, level);
  const below = levelBelow(ctx.view, level);
  if (below !== undefined && isPresent(value) && !isLeaf(level, value)) {
    const next = pfnOf(entryPhys(level, value));
    if (next !== place.table) ensureTable(ctx, next, below);
  }
  setEntry(ctx, level, place.table, place.index, value);
}
