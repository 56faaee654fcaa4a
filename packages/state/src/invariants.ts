import { hex, isPresent } from '@kwind/x86';
import type { MachineView } from './machine.ts';
import { resourceName } from './resources.ts';
import { resourceById } from './selectors/resources.ts';
import { vmallocInvariants } from './invariants-vmalloc.ts';
import { bmPteOf, presentPages, slots } from './selectors/slots.ts';

/**
 * What must hold between slots, entries, TLB and resources whenever no call is open. Returns sentences; none when all is well.
 * A real kernel's capture may break them: that is a finding about the kernel, not an error of ours.
 */
export function checkInvariants(view: MachineView): readonly string[] {
  if (view.calls) return [];
  return [
    ...slotInvariants(view),
    ...tableInvariants(view),
    ...tlbInvariants(view),
    ...resourceInvariants(view),
    ...vmallocInvariants(view),
  ];
}

function slotInvariants(view: MachineView): string[] {
  if (bmPteOf(view) === undefined)
    return slots(view)
      .filter((s) => s.inUse)
      .map((s) => `slot ${s.slot} is in use before bm_pte exists`);
  const broken: string[] = [];
  for (const s of slots(view)) {
    const present = presentPages(view, s.slot);
    const expected = s.inUse ? s.pages : 0;
    if (present !== expected) broken.push(`slot ${s.slot} should map ${expected} pages and maps ${present}`);
    if (s.inUse && (s.prevMap & ~0xfffn) !== s.virt)
      broken.push(`slot ${s.slot} holds prev_map ${hex(s.prevMap)} outside its window ${hex(s.virt)}`);
  }
  return broken;
}

function tableInvariants(view: MachineView): string[] {
  const allocated = view.pages.tables().filter((table) => view.pages.info(table)?.level !== '');
  const known = new Set(allocated);
  const broken: string[] = [];
  for (const table of allocated) {
    const level = view.pages.info(table)!.level;
    if (level === 'pte') continue;
    for (let index = 0; index < 512; index++) {
      const entry = view.pages.entry(table, index);
      const large = (level === 'pmd' || level === 'pud') && (entry & 0x80n) !== 0n;
      if (!isPresent(entry) || large) continue;
      const next = Number((entry >> 12n) & 0xff_ffff_ffffn);
      if (!known.has(next))
        broken.push(
          `entry ${index} of table ${hex(BigInt(table) << 12n)} links to ${hex(BigInt(next) << 12n)}, which is no table`,
        );
    }
  }
  return broken;
}

function tlbInvariants(view: MachineView): string[] {
  return Object.values(view.control.tlb)
    .filter((entry) => (entry.vaddr & (entry.size - 1n)) !== 0n || (entry.phys & (entry.size - 1n)) !== 0n)
    .map((entry) => `the cached page ${hex(entry.vaddr)} is not aligned to its size ${hex(entry.size)}`);
}

/** Children are in order, apart from each other, inside their parent, and know it. */
function resourceInvariants(view: MachineView): string[] {
  return Object.values(view.control.resources.nodes).flatMap((node) => {
    const children = node.children.map((id) => resourceById(view, id));
    return children.flatMap((child, i) => {
      if (!child) return [`${resourceName(node)} lists a resource that does not exist`];
      const broken: string[] = [];
      if (child.parent !== node.id)
        broken.push(`${resourceName(child)} is listed by ${resourceName(node)} and points elsewhere`);
      if (child.start > child.end) broken.push(`${resourceName(child)} ends before it starts`);
      if (child.start < node.start || child.end > node.end)
        broken.push(`${resourceName(child)} sticks out of ${resourceName(node)}`);
      const previous = children[i - 1];
      if (previous && previous.end >= child.start)
        broken.push(`${resourceName(child)} is not behind ${resourceName(previous)}`);
      return broken;
    });
  });
}
