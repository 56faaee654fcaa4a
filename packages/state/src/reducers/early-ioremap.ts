import { ToolError } from '@kwind/x86';
import type { SlotState } from '../control.ts';
import { claimedSlot, releasedSlot } from '../slot-line.ts';
import type { MachineWriter } from '../writer.ts';
import type { Reducers } from './types.ts';

export const earlyIoremapReducers: Reducers<'slot.based' | 'slot.sized' | 'slot.claimed' | 'slot.released'> = {
  'slot.based': (m, e) => m.setSlot(e.slot, { ...slotOf(m, e.slot), virt: e.vaddr }),
  'slot.sized': (m, e) => m.setSlot(e.slot, { ...slotOf(m, e.slot), prevSize: e.after }),
  'slot.claimed': (m, e) => m.setSlot(e.slot, claimedSlot(slotOf(m, e.slot), e)),
  'slot.released': (m, e) => m.setSlot(e.slot, releasedSlot(slotOf(m, e.slot))),
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
