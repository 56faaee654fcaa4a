import { addressOf, type MapDraft } from './drafts.ts';
import type { Message } from './messages.ts';
import { contradictionsAhead, firstFree, fits, NR_SLOTS, UNSEEN, type Slots, type UnmapMessage } from './slots.ts';

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
export function holderOf(slots: Drafts, message: UnmapMessage, messages: readonly Message[], at: number): number {
  const { slot, pointer } = message;
  const printed = slots[slot];
  const size = message.kind === 'unmap' ? message.size : message.prevSize;
  if (pointer !== undefined) {
    if (printed && (printed.pages === undefined || addressOf(printed, slot) === pointer)) return slot;
    const byPointer = slots.findIndex((held, other) => held !== undefined && addressOf(held, other) === pointer);
    return byPointer === -1 ? slot : byPointer;
  }
  if (printed && fits(printed, size)) return slot;
  const others = [...slots.keys()].filter((other) => other !== slot && slots[other] && fits(slots[other], size));
  const scoreOf = (other: number): number => 1 + contradictionsAhead(without(slots, other), messages, at + 1);
  // An empty slot would need a map that the log does not show.
  let [best, bestScore] = [slot, slot < NR_SLOTS ? scoreOf(slot) + (printed ? 0 : 1) : Infinity];
  for (const other of others) if (scoreOf(other) < bestScore) [best, bestScore] = [other, scoreOf(other)];
  return best;
}

const without = (slots: Slots, slot: number): Slots => slots.map((held, other) => (other === slot ? undefined : held));
