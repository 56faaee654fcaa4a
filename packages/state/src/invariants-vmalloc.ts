import { hex, hex16, isVmallocAddress, PAGE_SIZE, paOf, physAddr, vaddr, type PhysAddr } from '@kwind/x86';
import type { MachineView } from './machine.ts';
import { walk } from './selectors/walk.ts';
import { VM, type VmapArea } from './vmalloc.ts';

/** What must hold of virtual areas: sorted, disjoint, inside their region, guard page unmapped, ioremap pages where they belong. */
export function vmallocInvariants(view: MachineView): string[] {
  const { areas, lazy } = view.control.vmalloc;
  const root = finalRoot(view);
  return [
    ...areas.flatMap((area, i) =>
      i > 0 && areas[i - 1]!.start >= area.start ? [`${nameOf(area)} is out of order`] : [],
    ),
    ...overlaps([...areas, ...lazy]),
    ...areas.flatMap((area) => (root === undefined ? [] : mappingOf(view, area, root))),
  ];
}

const nameOf = (area: { readonly start: bigint; readonly end: bigint }): string =>
  `area ${hex16(area.start)}-${hex16(area.end)}`;

function overlaps(areas: readonly { readonly start: bigint; readonly end: bigint }[]): string[] {
  const sorted = areas.toSorted((a, b) => (a.start < b.start ? -1 : 1));
  return sorted.flatMap((area, i) => {
    if (area.start >= area.end) return [`${nameOf(area)} is empty`];
    const previous = sorted[i - 1];
    return previous && previous.end > area.start ? [`${nameOf(area)} overlaps ${nameOf(previous)}`] : [];
  });
}

function finalRoot(view: MachineView): PhysAddr | undefined {
  const address = view.profile.symbols[view.profile.finalRoot];
  return address === undefined ? undefined : paOf(view.profile, address);
}

function mappingOf(view: MachineView, area: VmapArea, root: PhysAddr): string[] {
  if ((area.flags & VM.IOREMAP) === 0 || !isVmallocAddress(view.profile, area.start)) return [];
  const guard = area.end - PAGE_SIZE;
  const broken =
    walk(view, vaddr(guard), root).kind === 'mapped' ? [`the guard page of ${nameOf(area)} is mapped`] : [];
  for (let address: bigint = area.start; address < guard;) {
    const found = walk(view, vaddr(address), root);
    const wanted = physAddr(area.phys + (address - area.start));
    if (found.kind !== 'mapped') return [...broken, `page ${hex16(address)} of ${nameOf(area)} is not mapped`];
    if (found.phys !== wanted)
      return [...broken, `page ${hex16(address)} of ${nameOf(area)} maps ${hex(found.phys)} instead of ${hex(wanted)}`];
    address = (address & ~(found.pageSize - 1n)) + found.pageSize;
  }
  return broken;
}
