import { hex, PAGE_SIZE } from '@kwind/x86';
import { lineIsWrong } from './judge.ts';
import { firstFree, NR_SLOTS } from './slots.ts';
import type { SlotTracker } from './tracker.ts';
import type { MessageOf, Turn } from './turn.ts';

/** `__early_ioremap(…) [slot] => …`: a map that succeeded. */
export function mapSeen(tracker: SlotTracker, { sighting, message, messages, at }: Turn<MessageOf<'map'>>): void {
  const { line } = sighting;
  const { slots, drafter } = tracker;
  const { slot, phys, aligned } = message;
  const draft = drafter.map(sighting, message);
  const free = firstFree(slots);
  const wrong = free !== slot && lineIsWrong(slots, draft, messages, at);
  if (wrong) {
    tracker.contradict('slot-disagrees', line, `the log says slot ${slot}, but the first free slot is ${free}.`);
  } else if (slot >= NR_SLOTS) {
    tracker.contradict('slot-disagrees', line, `the log says slot ${slot}, but there are ${NR_SLOTS}, all in use.`);
    tracker.drafts.push(draft);
    return;
  } else if (free !== slot) {
    tracker.assumeUnmap(slot, line, 'unexplained');
    tracker.assumeHeld((other) => other < slot, line, 'unexplained');
  }
  if (phys % PAGE_SIZE !== 0n || aligned % PAGE_SIZE !== 0n) {
    const text = `address ${hex(phys)} and size ${hex(aligned)} should both be page-aligned here.`;
    tracker.contradict('size-disagrees', line, text);
  }
  tracker.hold(wrong ? free : slot, draft, line);
}

/** `__early_ioremap(…) not found slot`: refused, as all slots were in use. */
export function mapNotFound(tracker: SlotTracker, { sighting, message }: Turn<MessageOf<'map-not-found'>>): void {
  const { line } = sighting;
  const { phys, size } = message;
  tracker.assumeHeld(() => true, line, 'unexplained');
  tracker.tell('refused-call', line, `__early_ioremap of ${hex(size)} bytes at ${hex(phys)} found all slots in use.`);
  tracker.add(sighting, {
    what: 'map-refused',
    fn: '__early_ioremap',
    args: [phys, size],
    slot: -1,
    claims: [['result', 0n]],
  });
}
