import { Drafter } from './drafts.ts';
import { mapNotFound, mapSeen } from './maps.ts';
import type { Sighting } from './blocks.ts';
import type { Boot } from './repeats.ts';
import { callerOf } from './stack.ts';
import { SlotTracker } from './tracker.ts';
import type { MessageOf, Turn } from './turn.ts';
import type { AssumedReason, LoggedCall, LogNote, SilentWarning } from './types.ts';
import { unmapNotFound, unmapSeen } from './unmaps.ts';

export interface Resolved {
  readonly calls: readonly LoggedCall[];
  readonly silentWarnings: readonly SilentWarning[];
  readonly notes: readonly LogNote[];
  readonly nrStillMapped: number;
}

function takeTurn(tracker: SlotTracker, turn: Turn): void {
  const { message } = turn;
  switch (message.kind) {
    case 'map':
      return mapSeen(tracker, { ...turn, message });
    case 'map-not-found':
      return mapNotFound(tracker, { ...turn, message });
    case 'unmap':
    case 'unmap-inconsistent':
      return unmapSeen(tracker, { ...turn, message });
    case 'unmap-not-found':
      return unmapNotFound(tracker, { ...turn, message });
    case 'leak':
      return leakSeen(tracker, { ...turn, message });
    case 'silent-warning':
      return silentWarning(tracker, { ...turn, message });
  }
}

/** `Debug warning: early ioremap leak of %d areas detected.` */
function leakSeen(tracker: SlotTracker, { sighting, message }: Turn<MessageOf<'leak'>>): void {
  const { line } = sighting;
  const { count } = message;
  const nrHeld = tracker.slots.filter((held) => held !== undefined).length;
  tracker.tell('leak', line, `the kernel found ${count} slots still in use at the end of the boot.`);
  if (nrHeld !== count) {
    const text = `the kernel counts ${count} slots in use, the calls in the log leave ${nrHeld}.`;
    tracker.contradict('leak', line, text);
  }
  const fn = 'check_early_ioremap_leak';
  tracker.add(sighting, { what: 'leak-check', fn, args: [], slot: -1, claims: [['result', 1n]] });
}

const silentCauses: Readonly<Record<string, string>> = {
  __early_ioremap: 'a size of 0, a range that wraps, more pages than a slot has, or a call after boot',
  early_iounmap: 'an address below the slots',
};

function silentWarning(tracker: SlotTracker, { sighting, message }: Turn<MessageOf<'silent-warning'>>): void {
  const { line, frames } = sighting;
  const { fn, place } = message;
  const { caller, stack } = callerOf(frames, fn);
  tracker.silentWarnings.push({ line, fn, place, caller, stack, afterCalls: tracker.drafts.length });
  const text = `${fn} warned without arguments (${silentCauses[fn] ?? 'cause unknown'}); the call is left out.`;
  tracker.tell('silent-warning', line, text);
}

/** A run of messages without loss; `reason` is why its start may not follow from what was before. */
function stretch(tracker: SlotTracker, sightings: readonly Sighting[], reason: AssumedReason): void {
  const messages = sightings.map(({ message }) => message);
  if (sightings[0]) tracker.reconcile(messages, sightings[0].line, reason);
  sightings.forEach((sighting, at) => takeTurn(tracker, { sighting, message: sighting.message, messages, at }));
}

/** `checkedAt(line)`: whether the kernel's leak check, had it found what `line` maps, would be in the log. */
function finish(tracker: SlotTracker, checkedAt: (line: number) => boolean): Resolved {
  const { drafts, notes, silentWarnings } = tracker;
  const open = tracker.seenMaps();
  for (const { held, slot, line } of open) {
    if (checkedAt(line)) {
      const text = `slot ${slot} is mapped here and stays so, but the kernel's leak check at the end of the boot is silent.`;
      tracker.contradict('leak', line, text);
    }
    if (held.size !== undefined) continue;
    const text = `slot ${slot} is mapped here and stays so; only an unmap prints the exact size, so the largest is used.`;
    tracker.tell('size-unknown', line, text);
  }
  return { calls: drafts.map((draft) => draft.finish()), silentWarnings, notes, nrStillMapped: open.length };
}

/**
 * Find the calls that led to the messages of a boot.
 *
 * @param name     of the log, for origins
 * @param opening  why slots may be in use at the first message
 * @param lateInit line at which the kernel frees its init memory, behind the leak check; 0 when it is not in the log
 */
export function resolve(
  boot: Pick<Boot, 'sightings' | 'losses'>,
  name: string,
  opening: AssumedReason,
  lateInit = 0,
): Resolved {
  const tracker = new SlotTracker(new Drafter(name));
  const { sightings } = boot;
  const losses = boot.losses.map(({ line }) => line).toSorted((a, b) => a - b);
  let [reason, from, nextLoss] = [opening, 0, 0];
  for (let at = 0; at < sightings.length; at += 1) {
    const before = nextLoss;
    while (nextLoss < losses.length && losses[nextLoss]! <= sightings[at]!.line) nextLoss += 1;
    if (nextLoss === before || at === 0) continue;
    stretch(tracker, sightings.slice(from, at), reason);
    [reason, from] = ['lost-lines', at];
  }
  stretch(tracker, sightings.slice(from), reason);
  const hasLeak = sightings.some(({ message }) => message.kind === 'leak');
  const lastLoss = losses.findLast((line) => line < lateInit) ?? 0;
  return finish(tracker, (line) => !hasLeak && line < lateInit && line > lastLoss);
}
