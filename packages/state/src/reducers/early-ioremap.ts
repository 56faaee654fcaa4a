import { ToolError } from '@kwind/x86';
import { freeSlot, type SlotState } from '../control.ts';
import type { MachineWriter } from '../writer.ts';
import type { Reducers } from './types.ts';

export const earlyIoremapReducers: Reducers<'slot.based' | 'slot.sized' | 'slot.claimed' | 'slot.released'> = {
  'slot.based': (m, e) => m.setSlot(e.slot, { ...slotOf(m, e.slot), virt: e.vaddr }),
  'slot.sized': (m, e) => m.setSlot(e.slot, { ...slotOf(m, e.slot), prevSize: e.after }),
  'slot.claimed': (m, e) =>
    m.setSlot(e.slot, { ...slotOf(m, e.slot), prevMap: e.vaddr, phys: e.phys, pages: e.pages, claimedBy: e.seq }),
  'slot.released': (m, e) => m.setSlot(e.slot, { ...slotOf(m, e.slot), ...freeSlot }),
};

function slotOf(machine: MachineWriter, index: number): SlotState {
  const slot = machine.slot(index);
  if (slot === undefined) {
    throw new ToolError(
      'event/corrupt',
      `an event names slot ${index}, there are ${machine.control.slots.length}.`,
      'The trace is damaged or was recorded with another profile; run kwind verify on it.',
    );
  }
  return slot;
}
