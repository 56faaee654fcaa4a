import { hex, isPresent } from '@kwind/x86';
import type { MachineView } from './machine.ts';
import { bmPteOf, presentPages, slots } from './selectors/slots.ts';

/**
 * What must hold between slots, entries and TLB whenever no call is open. Returns sentences; none when all is well.
 * A real kernel's capture may break them: that is a finding about the kernel, not an error of ours.
 */
export function checkInvariants(view: MachineView): readonly string[] {
  if (view.calls) return [];
  return [...slotInvariants(view), ...tableInvariants(view), ...tlbInvariants(view)];
}

function slotInvariants(view: MachineView): string[] {
  if (bmPteOf(view) === undefined) return slots(view).filter((s) => s.inUse).map((s) => `slot ${s.slot} is in use before bm_pte exists`);
  const broken: string[] = [];
  for (const s of slots(view)) {
    const present = presentPages(view, s.slot);
    const expected = s.inUse ? s.pages : 0;
    if (present !== expected) broken.push(`slot ${s.slot} should map ${expected} pages and maps ${present}`);
    if (s.inUse && (s.prevMap & ~0xfffn) !== s.virt) broken.push(`slot ${s.slot} holds prev_map ${hex(s.prevMap)} outside its window ${hex(s.virt)}`);
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
      if (!known.has(next)) broken.push(`entry ${index} of table ${hex(BigInt(table) << 12n)} links to ${hex(BigInt(next) << 12n)}, which is no table`);
    }
  }
  return broken;
}

function tlbInvariants(view: MachineView): string[] {
  return Object.values(view.control.tlb)
    .filter((entry) => (entry.vaddr & (entry.size - 1n)) !== 0n || (entry.phys & (entry.size - 1n)) !== 0n)
    .map((entry) => `the cached page ${hex(entry.vaddr)} is not aligned to its size ${hex(entry.size)}`);
}
