import { PAGE_SIZE, vaddr, type CacheMode, type Vaddr } from '@kwind/x86';
import type { MachineView } from '../machine.ts';
import { VM, type LazyArea, type MemtypeRange, type VmapArea } from '../vmalloc.ts';

/** An area with what follows from its fields. */
export interface VmapAreaView extends VmapArea {
  /** Bytes without the guard page. */
  readonly size: bigint;
  readonly kind: 'ioremap' | 'vmalloc' | 'vmap' | 'other';
}

function kindOf(area: VmapArea): VmapAreaView['kind'] {
  if ((area.flags & VM.IOREMAP) !== 0) return 'ioremap';
  if ((area.flags & VM.ALLOC) !== 0) return 'vmalloc';
  return (area.flags & VM.MAP) !== 0 ? 'vmap' : 'other';
}

const viewOf = (area: VmapArea): VmapAreaView => ({
  ...area,
  size: area.end - area.start - PAGE_SIZE,
  kind: kindOf(area),
});

/** Areas in use, by rising address. */
export const vmapAreas = (view: MachineView): readonly VmapAreaView[] => view.control.vmalloc.areas.map(viewOf);

/** The area that holds an address, its guard page included. @kernel mm/vmalloc.c find_vmap_area() */
export function vmapAreaAt(view: MachineView, address: bigint): VmapAreaView | undefined {
  const found = view.control.vmalloc.areas.find((area) => area.start <= address && address < area.end);
  return found && viewOf(found);
}

/** Areas given up and not yet purged, by rising address; those that touch are one when `merged` (5.x and later). */
export function lazyAreas(view: MachineView, merged = false): readonly LazyArea[] {
  const sorted = view.control.vmalloc.lazy.toSorted((a, b) => (a.start < b.start ? -1 : 1));
  if (!merged) return sorted;
  const joined: LazyArea[] = [];
  for (const area of sorted) {
    const last = joined.at(-1);
    if (last?.end === area.start) joined[joined.length - 1] = { ...last, end: area.end };
    else joined.push(area);
  }
  return joined;
}

/** Pages that wait for a purge, guard pages included. @kernel mm/vmalloc.c vmap_lazy_nr */
export const lazyPages = (view: MachineView): bigint =>
  view.control.vmalloc.lazy.reduce((sum, area) => sum + (area.end - area.start) / PAGE_SIZE, 0n);

/** A stretch of addresses that no area holds, in use or given up. */
export interface Hole {
  readonly start: Vaddr;
  readonly end: Vaddr;
}

/** Free stretches between `start` and `end`, by rising address. */
export function vmapHoles(view: MachineView, start: bigint, end: bigint): readonly Hole[] {
  const taken = [...view.control.vmalloc.areas, ...view.control.vmalloc.lazy].toSorted((a, b) =>
    a.start < b.start ? -1 : 1,
  );
  const holes: Hole[] = [];
  let from = start;
  for (const area of taken) {
    if (area.start >= end) break;
    if (area.start > from) holes.push({ start: vaddr(from), end: vaddr(area.start) });
    if (area.end > from) from = area.end;
  }
  if (from < end) holes.push({ start: vaddr(from), end: vaddr(end) });
  return holes;
}

/** Memory types noted for ranges outside RAM, as pat_memtype_list prints them: by rising start. */
export const memtypeList = (view: MachineView): readonly MemtypeRange[] => view.control.memtypes.noted;

/** The memory type that a page of RAM is marked with. @kernel arch/x86/mm/pat/memtype.c get_page_memtype() */
export const pageMemtype = (view: MachineView, phys: bigint): CacheMode =>
  view.control.memtypes.pages.find((range) => range.start <= phys && phys < range.end)?.type ?? 'WB';
