import { physOfPfn, type Level, type Pfn } from '@kwind/x86';
import type { EventView } from '@kwind/events';
import { compareStates, type MachineState, type StateDifference, type TlbEntry } from '@kwind/state';
import type { Cursor, Timeline } from '@kwind/timeline';
import { entryInfo } from './explain.ts';
import { unpolled, type Poll } from './interrupted.ts';
import { nameOfTable } from './names.ts';
import type { CachedInfo, Change } from './protocol.ts';
import { isRangePath, rangeChanges } from './range-changes.ts';
import { slotInfos } from './views/slots.ts';
import { cachedInfo } from './views/walk.ts';

/** Changes put into words between two questions whether to go on: less than a millisecond of work. */
const CHANGES_A_POLL = 64;

/** Numbers that count what happened; a stop does not name them, a comparison of two positions does. */
const isCount = (change: Change): boolean => change.kind === 'value' && /^(?:counters|trouble)\./.test(change.path);

/** What one event changed, old to new in the order of time, whichever way one came. */
export function changesOf(timeline: Timeline, event: EventView, before: Cursor, after: Cursor): readonly Change[] {
  if (event.type === 'table.allocated') return [tableChange(after.state, event.table)];
  // An entry that is stored again with the value it has is told too: the store is the fact.
  if ('table' in event) return [entryChange(after.state, event.type.slice(0, 3) as Level, event)];
  return differences(timeline, before, after).filter((change) => !isCount(change));
}

/** Everything in which two machines differ: tables, entries, slots, registers, TLB, and the rest by path. */
export function differences(
  timeline: Timeline,
  before: Cursor,
  after: Cursor,
  poll: Poll = unpolled,
): readonly Change[] {
  const known = new Set(before.state.pages.tables());
  const tables = after.state.pages.tables().filter((table) => !known.has(table));
  const found = compareStates(before.state, after.state, poll);
  const slots = new Set(found.flatMap(({ path }) => /^slots\[(\d+)\]/.exec(path)?.[1] ?? []));
  const single = found.flatMap((difference, i) => {
    if (i % CHANGES_A_POLL === 0) poll();
    return changeOf(after.state, difference) ?? [];
  });
  return [
    ...single.filter((change) => change.kind !== 'entry' && change.kind !== 'value'),
    ...[...slots].flatMap((slot) => slotChange(timeline, Number(slot), before, after)),
    ...tlbChanges(before.state, after.state),
    ...rangeChanges(before.state, after.state),
    ...tables.map((table) => tableChange(after.state, table)),
    ...single.filter((change) => change.kind === 'entry'),
    ...single.filter((change) => change.kind === 'value'),
  ];
}

/** A difference that stands alone; null for those of slots, of the TLB and of ranges, which belong together. */
function changeOf(view: MachineState, { path, table, index, a, b }: StateDifference): Change | null {
  if (table !== undefined && index !== undefined) {
    return entryChange(view, view.pages.info(table)?.level ?? '', {
      table,
      index,
      before: a as bigint,
      after: b as bigint,
    });
  }
  if (/^(?:slots\[|tlb\b)/.test(path) || isRangePath(path)) return null;
  const value = /^(register|variable)s\.(.+)$/.exec(path);
  if (value) {
    const kind = value[1] as 'register' | 'variable';
    return { kind, name: value[2]!, before: (a as bigint | undefined) ?? 0n, after: (b as bigint | undefined) ?? 0n };
  }
  if (path === 'phase') return { kind: 'phase', before: a as string, after: b as string };
  return { kind: 'value', path, before: a ?? null, after: b ?? null };
}

function tableChange(view: MachineState, table: number): Change {
  return {
    kind: 'table',
    table: physOfPfn(table as Pfn),
    name: nameOfTable(view, table),
    level: view.pages.info(table)?.level ?? '',
  };
}

function entryChange(
  view: MachineState,
  level: Level | '',
  entry: { readonly table: number; readonly index: number; readonly before: bigint; readonly after: bigint },
): Change {
  return {
    kind: 'entry',
    table: physOfPfn(entry.table as Pfn),
    name: nameOfTable(view, entry.table),
    level,
    index: entry.index,
    before: entryInfo(level, entry.before),
    after: entryInfo(level, entry.after),
  };
}

function slotChange(timeline: Timeline, slot: number, before: Cursor, after: Cursor): readonly Change[] {
  const [old, now] = [slotInfos(timeline, before)[slot], slotInfos(timeline, after)[slot]];
  return old && now ? [{ kind: 'slot', slot, before: old, after: now }] : [];
}

/** Translations that one machine caches and the other does not, or otherwise. */
function tlbChanges(before: MachineState, after: MachineState): readonly Change[] {
  const [old, now] = [before.control.tlb, after.control.tlb];
  if (old === now) return [];
  const changed = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((key) => !isSame(old[key], now[key]));
  const info = (view: MachineState, entry: TlbEntry | undefined): CachedInfo | null =>
    entry ? cachedInfo(view, entry) : null;
  return changed
    .map((key): Extract<Change, { kind: 'tlb' }> => {
      const { vaddr } = now[key] ?? old[key]!;
      return { kind: 'tlb', vaddr, before: info(before, old[key]), after: info(after, now[key]) };
    })
    .sort((a, b) => (a.vaddr < b.vaddr ? -1 : 1));
}

/** States that were folded on different ways share nothing, so values are compared and not identities. */
function isSame(a: TlbEntry | undefined, b: TlbEntry | undefined): boolean {
  if (a === b) return true;
  return (
    a !== undefined &&
    b !== undefined &&
    a.phys === b.phys &&
    a.prot === b.prot &&
    a.size === b.size &&
    a.filledBy === b.filledBy
  );
}
