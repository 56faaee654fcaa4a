import type { MachineView } from '../machine.ts';
import type { TlbEntry } from '../control.ts';
import { effectiveProt, walk } from './walk.ts';
import { PTE } from '@kwind/x86';

export interface TlbView extends TlbEntry {
  /** The tables by now translate this page otherwise, or not at all. */
  readonly stale: boolean;
}

/** Accessed and dirty change without making a cached translation wrong. */
const IGNORED = PTE.ACCESSED | PTE.DIRTY;

/** True when the tables no longer say what the TLB holds. */
export function isStale(view: MachineView, entry: TlbEntry): boolean {
  const now = walk(view, entry.vaddr);
  if (now.kind !== 'mapped') return true;
  const samePage = (now.phys & ~(now.pageSize - 1n)) === (entry.phys & ~(now.pageSize - 1n)) && now.phys === entry.phys;
  return !samePage || ((effectiveProt(now) ^ entry.prot) & ~IGNORED) !== 0n;
}

/** Cached translations in the order of their addresses. */
export function tlbEntries(view: MachineView): readonly TlbView[] {
  return Object.values(view.control.tlb)
    .sort((a, b) => (a.vaddr < b.vaddr ? -1 : 1))
    .map((entry) => ({ ...entry, stale: isStale(view, entry) }));
}
