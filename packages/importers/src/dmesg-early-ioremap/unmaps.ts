import type { Claim } from '@kwind/events';
import { hex } from '@kwind/x86';
import type { Sighting } from './blocks.ts';
import { addressOf, learnSize, sizeOf, type MapDraft } from './drafts.ts';
import { holderOf } from './judge.ts';
import type { PrintedPointer } from './messages.ts';
import { firstFree, fits, NR_SLOTS, type UnmapMessage } from './slots.ts';
import type { SlotTracker } from './tracker.ts';
import type { MessageOf, Turn } from './turn.ts';

/** Stands for a hashed pointer that no slot holds: any such value makes the kernel do the same. */
const NO_SLOT_HOLDS = 1n;

const claimOf = (pointer: PrintedPointer): readonly (readonly [Claim['what'], bigint])[] =>
  pointer === undefined ? [] : [['vaddr', pointer]];

/** `early_iounmap(…) [slot]`, done, or refused with `size not consistent`. */
export function unmapSeen(tracker: SlotTracker, turn: Turn<UnmapMessage>): void {
  const { sighting, message } = turn;
  const { line } = sighting;
  if (message.pointer === 0n) return unmapNull(tracker, sighting, message);
  const slot = holderOf(tracker.slots, turn);
  if (slot !== message.slot) {
    const text = `the log says slot ${message.slot}, but it unmaps what is in slot ${slot}.`;
    tracker.contradict('slot-disagrees', line, text);
  }
  tracker.assumeHeld((other) => other === slot, line, 'unexplained');
  const held = tracker.slots[slot];
  if (!held) {
    tracker.contradict('slot-disagrees', line, `the log says slot ${slot}, but there are only ${NR_SLOTS}.`);
    return unmapNotFound(tracker, { ...turn, message: { ...message, kind: 'unmap-not-found' } });
  }
  learnFrom(tracker, sighting, message, held);
  record(tracker, sighting, message, () => addressOf(held, slot));
  if (message.kind === 'unmap') {
    tracker.slots[slot] = undefined;
    return;
  }
  const text = `early_iounmap refused ${hex(message.size)} bytes: slot ${slot} has ${hex(sizeOf(held))}.`;
  tracker.tell('refused-call', line, text);
}

/** The exact size of a mapping is printed only where it is unmapped, or where the kernel refuses to. */
function learnFrom(tracker: SlotTracker, { line }: Sighting, message: UnmapMessage, held: MapDraft): void {
  const exact = message.kind === 'unmap' ? message.size : message.prevSize;
  const spansSame = fits(held, exact);
  learnSize(held, exact, message.pointer);
  if (spansSame && sizeOf(held) === exact) return;
  tracker.contradict('size-disagrees', line, `slot ${held.slot} was not mapped with ${hex(exact)} bytes.`);
}

/** NULL is what a free slot holds, so the kernel finds the first free one, and nothing changes. */
function unmapNull(tracker: SlotTracker, sighting: Sighting, message: UnmapMessage): void {
  const free = firstFree(tracker.slots);
  if (free !== message.slot) {
    const text = `the log says slot ${message.slot}, but the first free slot, which an unmap of NULL finds, is ${free}.`;
    tracker.contradict('slot-disagrees', sighting.line, text);
  }
  record(tracker, sighting, message, () => 0n);
}

/** The address is asked for at the end, when the offset of an assumed map may be known. */
function record(tracker: SlotTracker, sighting: Sighting, message: UnmapMessage, address: () => bigint): void {
  const { slot, pointer, size, kind } = message;
  const finish = (): ReturnType<typeof tracker.drafter.seen> =>
    tracker.drafter.seen(sighting, {
      what: kind === 'unmap' ? 'unmap' : 'unmap-refused',
      fn: 'early_iounmap',
      args: [address(), size],
      slot,
      claims: [['slot', BigInt(slot)], ...claimOf(pointer)],
      pointer: pointer === undefined ? 'recovered' : 'printed',
    });
  tracker.drafts.push({ finish });
}

/** `early_iounmap(…) not found slot`: refused, as no slot holds the address. */
export function unmapNotFound(tracker: SlotTracker, turn: Turn<MessageOf<'unmap-not-found'>>): void {
  const { sighting, message } = turn;
  const { line } = sighting;
  const { pointer, size } = message;
  const holder = tracker.slots.findIndex((held, slot) => held !== undefined && addressOf(held, slot) === pointer);
  if (holder !== -1) {
    const text = `the log says that no slot holds ${hex(pointer!)}, but slot ${holder} does.`;
    tracker.contradict('slot-disagrees', line, text);
    tracker.slots[holder] = undefined;
  } else {
    tracker.tell('refused-call', line, `early_iounmap of ${hex(size)} bytes found no slot.`);
  }
  if (pointer === undefined) {
    const text = `the address is hashed and no slot tells it; ${hex(NO_SLOT_HOLDS)} stands for it.`;
    tracker.tell('pointer-unknown', line, text);
  }
  tracker.add(sighting, {
    what: 'unmap-refused',
    fn: 'early_iounmap',
    args: [pointer ?? NO_SLOT_HOLDS, size],
    slot: -1,
    claims: claimOf(pointer),
    pointer: pointer === undefined ? 'unknown' : 'printed',
  });
}
