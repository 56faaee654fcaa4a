import { presentPages, slots } from '@kwind/state';
import type { Cursor, Timeline } from '@kwind/timeline';
import type { SlotsView } from '../answers.ts';
import { ownerOf } from '../explain.ts';
import { placeOf } from '../place.ts';
import type { SlotInfo } from '../protocol.ts';

/** All early_ioremap windows, or one. */
export function slotInfos(timeline: Timeline, { state }: Cursor): readonly SlotInfo[] {
  return slots(state).map((slot) => ({
    slot: slot.slot,
    inUse: slot.inUse,
    virt: slot.virt,
    prevMap: slot.prevMap,
    prevSize: slot.prevSize,
    phys: slot.phys,
    pages: slot.pages,
    presentPages: presentPages(state, slot.slot),
    claimedBy: slot.claimedBy < 0 ? null : slot.claimedBy,
    owner: slot.claimedBy < 0 ? null : ownerOf(timeline, slot.claimedBy),
  }));
}

export function slotsView(timeline: Timeline, cursor: Cursor): SlotsView {
  return { type: 'slots', at: placeOf(timeline, cursor.position), slots: slotInfos(timeline, cursor) };
}
