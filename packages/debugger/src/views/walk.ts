import { patIndex, physOfPfn, type Pfn, type Vaddr } from '@kwind/x86';
import { isStale, rootOf, tlbLookup, walk, type MachineView, type TlbEntry, type Walk } from '@kwind/state';
import { entriesChange, entryAt, type Cursor, type Timeline } from '@kwind/timeline';
import type { WalkView } from '../answers.ts';
import { entryInfo } from '../explain.ts';
import { nameOfAddress, nameOfTable } from '../names.ts';
import { placeOf } from '../place.ts';
import type { CachedInfo } from '../protocol.ts';

/** A cached translation with what the tables say of it now. */
export function cachedInfo(view: MachineView, entry: TlbEntry): CachedInfo {
  const { vaddr, phys, size, prot, filledBy } = entry;
  const flags = entryInfo(size === 0x1000n ? 'pte' : 'pmd', prot | 1n).flags;
  return { vaddr, phys, size, flags, filledBy, stale: isStale(view, entry) };
}

/** Seq of the last event before a position that stored to an entry, or null. */
function writtenBy(timeline: Timeline, position: number, table: number, index: number): number | null {
  // A search begins before the event under its feet; here that one counts as well.
  const found = timeline.find(position + 1, entriesChange([entryAt(table, index)]), 'backward');
  return found.kind === 'hit' ? found.seq : null;
}

function outcomeOf(view: MachineView, found: Walk): WalkView['outcome'] {
  switch (found.kind) {
    case 'mapped': {
      const { phys, pageSize, leaf, effective, steps } = found;
      const memoryType = view.profile.patTypes[patIndex(leaf, steps.at(-1)!.entry)] ?? '';
      return { kind: 'mapped', phys, pageSize, level: leaf, ...effective, memoryType };
    }
    case 'not-present':
      return { kind: 'not-present', level: found.stoppedAt };
    case 'reserved-bit':
      return { kind: 'reserved-bit', level: found.stoppedAt, bits: found.bits };
    case 'non-canonical':
      return found;
  }
}

/** Every level of a walk, and what the TLB would answer instead. */
export function walkView(timeline: Timeline, cursor: Cursor, vaddr: Vaddr): WalkView {
  const { state } = cursor;
  const found = walk(state, vaddr);
  const steps = found.kind === 'non-canonical' ? [] : found.steps;
  const cached = tlbLookup(state.control.tlb, vaddr);
  return {
    type: 'walk',
    at: placeOf(timeline, cursor.position),
    vaddr,
    name: nameOfAddress(state.profile, vaddr),
    root: rootOf(state),
    levels: steps.map(({ level, table, index, entry }) => ({
      level,
      table: physOfPfn(table as Pfn),
      name: nameOfTable(state, table),
      index,
      entry: entryInfo(level, entry),
      writtenBy: writtenBy(timeline, cursor.position, table, index),
    })),
    outcome: outcomeOf(state, found),
    tlb: cached ? { ...cachedInfo(state, cached), answers: cached.phys + (vaddr & (cached.size - 1n)) } : null,
  };
}
