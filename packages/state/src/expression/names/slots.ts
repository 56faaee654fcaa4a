import type { KernelProfile } from '@kwind/x86';
import { presentPages, slots, slotsInUse, type SlotView } from '../../selectors/index.ts';
import type { MachineView } from '../../machine.ts';
import type { Declaration } from '../scope.ts';
import { addressType, booleanType, defineRecord, field, listOf, listValue, numberType } from '../values.ts';

type SlotSubject = SlotView & { readonly view: MachineView };

const slotType = defineRecord<SlotSubject>('slot', {
  in_use: field(booleanType, 'Whether prev_map is set.', (slot) => slot.inUse),
  prev_map: field(
    addressType,
    'prev_map[]: what the mapping call returned, 0 when the slot is free.',
    (slot) => slot.prevMap,
  ),
  prev_size: field(
    addressType,
    'prev_size[]: the size asked for last; it stays when the slot is released.',
    (slot) => slot.prevSize,
  ),
  phys: field(addressType, 'Physical address asked for, 0 when free.', (slot) => slot.phys),
  pages: field(numberType, 'Pages mapped, 0 when free.', (slot) => BigInt(slot.pages)),
  virt: field(addressType, 'slot_virt[]: where the window starts.', (slot) => slot.virt),
  present: field(numberType, 'Present entries of bm_pte in this window.', (slot) =>
    BigInt(presentPages(slot.view, slot.slot)),
  ),
  claimed_by: field(numberType, 'Number of the slot.claimed event; no value when free.', (slot) =>
    slot.claimedBy < 0 ? null : BigInt(slot.claimedBy),
  ),
});

/** The windows of early_ioremap. */
export function slotNames(profile: KernelProfile): readonly Declaration[] {
  const type = listOf(slotType, 'slot', profile.fixBtmapsSlots);
  return [
    {
      name: 'slots',
      doc: 'The windows of early_ioremap: slots[0] to slots[7].',
      group: 'early_ioremap',
      type,
      get: ({ view }) =>
        listValue(
          type,
          slots(view).map((slot) => slotType.of({ ...slot, view })),
        ),
    },
    {
      name: 'slots_in_use',
      doc: 'Number of windows whose prev_map is set.',
      group: 'early_ioremap',
      type: numberType,
      get: ({ view }) => BigInt(slotsInUse(view)),
    },
  ];
}
