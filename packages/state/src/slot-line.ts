import { codeOfType, type EventOf, type EventView } from '@kwind/events';
import { movedView, type RawBatch } from '@kwind/events/raw';
import { freeSlot, type SlotState } from './control.ts';

export const SLOT_CLAIMED = codeOfType('slot.claimed');
export const SLOT_RELEASED = codeOfType('slot.released');

export const claimedSlot = (
  before: SlotState,
  { vaddr, phys, pages, seq }: EventOf<'slot.claimed'> & Pick<EventView, 'seq'>,
): SlotState => ({ ...before, prevMap: vaddr, phys, pages, claimedBy: seq });
export const releasedSlot = (before: SlotState): SlotState => ({ ...before, ...freeSlot });

/**
 * The slots of a machine that is open for writing. A claim or a release settles all that claims and releases before it did
 * to its slot, so only the last of each slot counts: it is kept as the number of a row until somebody looks, or the rows change.
 */
export class SlotLine {
  #slots: readonly SlotState[];
  /** Whether nobody else has seen the list, so that it can be changed in place. */
  #isOwn = false;
  #raw: RawBatch | undefined;
  #firstSeq = 0;
  /** By slot, 1 + the row of a claim or release to come; 0: none. */
  #rows: Int32Array | undefined;
  #hasRows = false;

  constructor(slots: readonly SlotState[]) {
    this.#slots = slots;
  }

  /** Whether {@link list} would give another list than the last time. */
  get isChanged(): boolean {
    return this.#isOwn || this.#hasRows;
  }

  /** The slots as they are now; this list does not change any more. */
  get list(): readonly SlotState[] {
    this.keep();
    this.#isOwn = false;
    return this.#slots;
  }

  at(index: number): SlotState | undefined {
    this.keep();
    return this.#slots[index];
  }

  set(index: number, slot: SlotState): void {
    this.keep();
    this.#put(index, slot);
  }

  /** A row claims or releases its slot. False, and nothing done, when there is no such slot. */
  turn(raw: RawBatch, firstSeq: number, index: number): boolean {
    // The slot is the first field of both.
    const slot = raw.words[raw.offsets[index]!]!;
    if (slot >= this.#slots.length) return false;
    if (this.#hasRows && firstSeq !== this.#firstSeq) this.keep();
    this.#rows ??= new Int32Array(this.#slots.length);
    this.#rows[slot] = index + 1;
    this.#raw = raw;
    this.#firstSeq = firstSeq;
    this.#hasRows = true;
    return true;
  }

  /** Read the rows to come: they may change now. */
  keep(): void {
    if (!this.#hasRows) return;
    const raw = this.#raw!;
    const rows = this.#rows!;
    this.#hasRows = false;
    this.#raw = undefined;
    for (let slot = 0; slot < rows.length; slot++) {
      const index = rows[slot]! - 1;
      if (index < 0) continue;
      rows[slot] = 0;
      const before = this.#slots[slot]!;
      const moved = movedView({ raw, firstSeq: this.#firstSeq }, index);
      const view = moved as EventView & EventOf<'slot.claimed' | 'slot.released'>;
      this.#put(slot, view.type === 'slot.claimed' ? claimedSlot(before, view) : releasedSlot(before));
    }
  }

  #put(index: number, slot: SlotState): void {
    if (!this.#isOwn) this.#slots = this.#slots.slice();
    this.#isOwn = true;
    (this.#slots as SlotState[])[index] = Object.freeze(slot);
  }
}
