import { addressOf, type MapDraft } from './drafts.ts';
import type { Turn } from './turn.ts';
import type { Message } from './messages.ts';
import {
  contradictionsAhead,
  firstFree,
  fits,
  NR_SLOTS,
  slotOfPointer,
  UNSEEN,
  type Slots,
  type UnmapMessage,
} from './slots.ts';

type Drafts = readonly (MapDraft | undefined)[];

/**
 * A map line names a slot that is not the first free one. Whether its number is a likelier mistake than calls that no
 * line reports: told by how well the following lines go with either.
 */
export function lineIsWrong(slots: Drafts, draft: MapDraft, messages: readonly Message[], at: number): boolean {
  const free = firstFree(slots);
  if (draft.slot >= NR_SLOTS) return free !== -1;
  if (free === -1) return false;
  const inUse = slots[draft.slot] !== undefined;
  const asPrinted = slots.map((held, slot) =>
    slot === draft.slot ? draft : slot < draft.slot ? (held ?? UNSEEN) : held,
  );
  const nrAssumed = asPrinted.filter((held) => held === UNSEEN).length + (inUse ? 1 : 0);
  const ifWrong = 1 + contradictionsAhead(slots.with(free, draft), messages, at + 1);
  const ifRight = nrAssumed + contradictionsAhead(asPrinted, messages, at + 1);
  return ifWrong < ifRight || (ifWrong === ifRight && !inUse);
}

/** Slot whose mapping an unmap line is about: the printed one, unless the pointer or what follows speaks for another. */
export function holderOf(slots: Drafts, { sighting, message, messages, at }: Turn<UnmapMessage>): number {
  const { slot, pointer } = message;
  const printed = slots[slot];
  if (pointer !== undefined) return holderOfPointer(slots, pointer, slot);
  const size = message.kind === 'unmap' ? message.size : message.prevSize;
  const isDumped = (held: MapDraft, inSlot: number): boolean => sighting.slotPointers.includes(addressOf(held, inSlot));
  if (printed && fits(printed, size) && isDumped(printed, slot)) return slot;
  const ahead = (other: number): number => contradictionsAhead(without(slots, other), messages, at + 1);
  let [best, bestScore] = [slot, slot < NR_SLOTS ? doubtOf(printed, size) + ahead(slot) : Infinity];
  if (bestScore === 0) return slot;
  for (const [other, held] of slots.entries()) {
    if (other === slot || !held || !fits(held, size)) continue;
    const score = 1 + ahead(other) - (isDumped(held, other) ? TIE : 0);
    if (score < bestScore) [best, bestScore] = [other, score];
  }
  return best;
}

/** Slot that holds the pointer: by its address, or by its slot alone when the map there was not seen; else `printed`. */
function holderOfPointer(slots: Drafts, pointer: bigint, printed: number): number {
  const exact = slots.findIndex((held, slot) => held !== undefined && addressOf(held, slot) === pointer);
  if (exact !== -1) return exact;
  const inSlot = slotOfPointer(pointer);
  const held = slots[inSlot];
  return held !== undefined && held.pages === undefined ? inSlot : printed;
}

/** A register dump can hold stale values, so it decides only where all else is equal. */
const TIE = 0.5;

/** What speaks against an unmap from a slot: another size, or that it takes a map which the log does not show. */
function doubtOf(held: MapDraft | undefined, size: bigint): number {
  if (!held) return 2;
  return fits(held, size) ? 0 : 1;
}

const without = (slots: Slots, slot: number): Slots => slots.map((held, other) => (other === slot ? undefined : held));
