import { PTE, type Slot } from '@kwind/x86';
import type { SlotState } from '../control.ts';
import type { MachineView } from '../machine.ts';

export interface SlotView extends SlotState {
  readonly slot: Slot;
  readonly inUse: boolean;
}

/** All early_ioremap windows, in order. */
export function slots(view: MachineView): readonly SlotView[] {
  return view.control.slots.map((state, i) => ({ ...state, slot: i as Slot, inUse: state.prevMap !== 0n }));
}

export const slotsInUse = (view: MachineView): number =>
  view.control.slots.reduce((n, slot) => n + (slot.prevMap !== 0n ? 1 : 0), 0);

/** Frame of bm_pte, the table behind the early_ioremap window; undefined before early_ioremap_init(). */
export function bmPteOf(view: MachineView): number | undefined {
  return view.pages.tables().find((table) => view.pages.info(table)?.name === 'bm_pte');
}

/** Present entries of a slot's 64 in bm_pte. */
export function presentPages(view: MachineView, slot: number): number {
  const bmPte = bmPteOf(view);
  if (bmPte === undefined) return 0;
  const perSlot = view.profile.nrFixBtmaps;
  let count = 0;
  for (let page = 0; page < perSlot; page++)
    if ((view.pages.entry(bmPte, slot * perSlot + page) & PTE.PRESENT) !== 0n) count++;
  return count;
}
