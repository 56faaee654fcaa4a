import {
  entryPhys,
  isLeaf,
  isPresent,
  paOf,
  pfn,
  pfnOf,
  physAddr,
  PTRS_PER_TABLE,
  tableSymbol,
  vaddr,
  walkLevels,
  type Level,
} from '@kwind/x86';
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
  const direct = paOf(view.profile, vaddr(pointer)) ?? earlyPa(view, pointer);
  const found = direct === undefined ? walk(view, vaddr(pointer)) : undefined;
  const phys = direct ?? (found?.kind === 'mapped' ? found.phys : undefined);
  return phys === undefined
    ? undefined
    : { table: pfnOf(physAddr(phys)), index: Number((phys & 0xfffn) / ENTRY_BYTES) };
}

/** By the direct map as it was before KASLR moved it: the link of the early window is stored through that. */
function earlyPa({ profile }: MachineView, pointer: bigint): bigint | undefined {
  const phys = pointer - profile.earlyPageOffset;
  return pointer < profile.pageOffset && phys >= 0n && phys < 1n << BigInt(profile.physBits) ? phys : undefined;
}

/** With 4 levels p4d is folded: its functions store to the root. */
const unfolded = (view: MachineView, level: CaptureLevel): Level =>
  level === 'p4d' && view.profile.levels === 4 ? 'pgd' : level;

/** Whether an entry of a table one level up links to a frame, or it is part of the kernel image. */
function isInUse(view: MachineView, table: number, level: Level): boolean {
  if (view.pages.info(table)?.name !== '') return true;
  const levels = walkLevels(view.profile.levels);
  const above = levels[levels.indexOf(level) - 1];
  if (above === undefined) return false;
  return view.pages
    .tables()
    .some((parent) => view.pages.info(parent)?.level === above && linksTo(view, parent, above, table));
}

function linksTo(view: MachineView, parent: number, level: Level, table: number): boolean {
  for (let index = 0; index < PTRS_PER_TABLE; index++) {
    const entry = view.pages.entry(parent, index);
    if (isPresent(entry) && !isLeaf(level, entry) && pfnOf(entryPhys(level, entry)) === table) return true;
  }
  return false;
}

/**
 * The level of the table in a frame. A table that is linked keeps its level whatever function stores to it: large pages of
 * ioremap, and the links of a large page that is split, are stored with the function for 4 KiB entries. A frame that nothing
 * links to any more was given back, and is now what the function says.
 */
function levelOf(view: MachineView, table: number, level: CaptureLevel): Level {
  const wanted = unfolded(view, level);
  const known = view.pages.info(table)?.level as Level | '' | undefined;
  if (known === undefined || known === '' || known === wanted) return wanted;
  return isInUse(view, table, known) ? known : wanted;
}

function ensureTable(ctx: KernelContext, table: number, level: Level): void {
  if (ctx.view.pages.info(table)?.level === level) return;
  ctx.emit({ type: 'table.allocated', table: pfn(table), level, name: tableSymbol(ctx.profile, pfn(table)) ?? '' });
}

/** The level that a store of `value` at a place has: by the table that is there, else by the function that stored. */
export const storeLevel = (view: MachineView, { table }: EntryPlace, level: CaptureLevel): Level =>
  levelOf(view, table, level);

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
  const level = levelOf(ctx.view, place.table, seen);
  ensureTable(ctx, place.table, level);
  const below = levelBelow(ctx.view, level);
  if (below !== undefined && isPresent(value) && !isLeaf(level, value)) {
    const next = pfnOf(entryPhys(level, value));
    if (next !== place.table) ensureTable(ctx, next, below);
  }
  setEntry(ctx, level, place.table, place.index, value);
}
