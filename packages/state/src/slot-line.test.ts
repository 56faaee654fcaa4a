import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profile, type Vaddr } from '@kwind/x86';
import { BatchBuilder, type BootEvent } from '@kwind/events';
import { applyRow, initialState, MachineWriter, reduce, type SlotState } from './index.ts';

const linux = profile('linux-6.1');
const SLOTS = initialState(linux).control.slots.length;

const facts = fc
  .array(fc.record({ kind: fc.nat(3), slot: fc.nat(SLOTS - 1), value: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }) }), {
    maxLength: 40,
  })
  .map((steps) => steps.map(({ kind, slot, value }) => eventOf(kind, slot, value)));

function eventOf(kind: number, slot: number, value: bigint): BootEvent {
  const vaddr = value as Vaddr;
  if (kind === 0) return { type: 'slot.based', slot, vaddr };
  if (kind === 1) return { type: 'slot.sized', slot, before: 0n, after: value };
  if (kind === 2) return { type: 'slot.claimed', slot, vaddr, phys: value >> 1n, size: 1n, pages: slot + 1 };
  return { type: 'slot.released', slot, vaddr, pages: 1 };
}

/** What the catalogue says of the four events, applied one by one. */
function after(slots: readonly SlotState[], event: BootEvent, seq: number): readonly SlotState[] {
  return slots.map((slot, i): SlotState => {
    if (!('slot' in event) || event.slot !== i) return slot;
    if (event.type === 'slot.based') return { ...slot, virt: event.vaddr };
    if (event.type === 'slot.sized') return { ...slot, prevSize: event.after };
    if (event.type === 'slot.released') return { ...slot, prevMap: 0n as Vaddr, phys: 0n, pages: 0, claimedBy: -1 };
    if (event.type !== 'slot.claimed') return slot;
    return { ...slot, prevMap: event.vaddr, phys: event.phys, pages: event.pages, claimedBy: seq };
  });
}

describe('the slots of a machine that is open for writing', () => {
  it('are those of the events so far, whenever somebody looks and whenever a batch ends', () => {
    fc.assert(
      fc.property(facts, fc.infiniteStream(fc.nat(3)), (events, whims) => {
        const machine = new MachineWriter(initialState(linux));
        const builder = new BatchBuilder();
        let source = { raw: builder.peek(), firstSeq: 0 };
        let wanted = machine.control.slots;
        const seen: (readonly [readonly SlotState[], readonly SlotState[]])[] = [];
        for (const [seq, event] of events.entries()) {
          applyRow(machine, source, builder.append(event));
          wanted = after(wanted, event, seq);
          const { value: whim } = whims.next() as { value: number };
          if (whim === 0) seen.push([machine.control.slots, wanted]);
          if (whim === 1) expect(machine.slot(seq % SLOTS)).toEqual(wanted[seq % SLOTS]);
          if (whim !== 2) continue;
          machine.keepRows();
          builder.freeze();
          source = { raw: builder.peek(), firstSeq: builder.nextSeq };
        }
        expect(machine.finish().control.slots).toEqual(wanted);
        // What somebody was shown earlier did not change under his hands.
        for (const [shown, then] of seen) expect(shown).toEqual(then);
      }),
    );
  });

  it.each([2, 3])('are not more than the machine has', (kind) => {
    const builder = new BatchBuilder();
    builder.append(eventOf(kind, SLOTS, 1n));
    expect(() => reduce(initialState(linux), builder.freeze())).toThrow(
      expect.objectContaining({ code: 'event/corrupt' }),
    );
  });
});
