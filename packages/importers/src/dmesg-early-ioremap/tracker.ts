import type { Sighting } from './blocks.ts';
import { addressOf, type Drafter, type MapDraft, type SeenParts } from './drafts.ts';
import type { Message } from './messages.ts';
import {
  contradictionsAhead,
  fits,
  neededAtStart,
  NR_SLOTS,
  UNSEEN,
  type Needed,
  type Slots,
  type UnmapMessage,
} from './slots.ts';
import type { AssumedReason, LoggedCall, LogNote, NoteKind, NoteWeight, SilentWarning } from './types.ts';

const weightOf: Readonly<Record<AssumedReason, NoteWeight>> = {
  'before-debug': 'info',
  'starts-late': 'loss',
  'lost-lines': 'loss',
  unexplained: 'contradiction',
};
const becauseOf: Readonly<Record<AssumedReason, string>> = {
  'before-debug': 'before the kernel read early_ioremap_debug from its command line',
  'starts-late': 'before the log starts',
  'lost-lines': 'in the lines that are missing',
  unexplained: 'earlier, and nothing in the log says how',
};

/** Whether an unmap can be of what is in a slot, rather than of something that was mapped there since. */
const isClosedBy = (held: MapDraft, slot: number, closing: UnmapMessage): boolean =>
  fits(held, closing.kind === 'unmap' ? closing.size : closing.prevSize) &&
  (closing.pointer === undefined || held.pages === undefined || addressOf(held, slot) === closing.pointer);

/**
 * Whether the messages make more sense from the needed slots than from those at hand. It takes more to believe in
 * calls before a complete log than in calls that are known to be lost.
 */
function helps(
  slots: Slots,
  needed: readonly (Needed | undefined)[],
  messages: readonly Message[],
  reason: AssumedReason,
): boolean {
  const wanted = slots.map((held, slot) => {
    const need = needed[slot];
    return need === undefined ? held : need.held ? (held ?? UNSEEN) : undefined;
  });
  const asNeeded = contradictionsAhead(wanted, messages, 0);
  const asIs = contradictionsAhead(slots, messages, 0);
  return asNeeded < asIs || (asNeeded === asIs && reason !== 'before-debug');
}

/** The kernel's slots as the log shows them, and what was found so far. Lives for one log. */
export class SlotTracker {
  readonly slots: (MapDraft | undefined)[] = Array.from({ length: NR_SLOTS }, () => undefined);
  readonly drafts: { finish(): LoggedCall }[] = [];
  readonly notes: LogNote[] = [];
  readonly silentWarnings: SilentWarning[] = [];
  readonly drafter: Drafter;
  readonly #lineOf = new Map<MapDraft, number>();

  constructor(drafter: Drafter) {
    this.drafter = drafter;
  }

  tell(kind: NoteKind, line: number, text: string): void {
    this.#note(kind, 'info', line, text);
  }

  contradict(kind: NoteKind, line: number, text: string): void {
    this.#note(kind, 'contradiction', line, text);
  }

  /** A call whose record is complete. */
  add(sighting: Sighting, parts: SeenParts): void {
    const seen = this.drafter.seen(sighting, parts);
    this.drafts.push({ finish: () => seen });
  }

  /** A map that a line reports, in the slot that the kernel gave it. */
  hold(slot: number, draft: MapDraft, line: number): void {
    this.drafts.push(draft);
    this.slots[slot] = draft;
    this.#lineOf.set(draft, line);
  }

  /** Maps in use that a line reports. */
  seenMaps(): readonly { readonly held: MapDraft; readonly slot: number; readonly line: number }[] {
    return this.slots.flatMap((held, slot) => {
      const line = held && this.#lineOf.get(held);
      return held && line !== undefined ? [{ held, slot, line }] : [];
    });
  }

  /** Make the slots what the coming messages need, as what happened in between is not in the log. */
  reconcile(messages: readonly Message[], line: number, reason: AssumedReason): void {
    const needed = neededAtStart(messages);
    if (!helps(this.slots, needed, messages, reason)) return;
    needed.forEach((need, slot) => {
      const held = this.slots[slot];
      if (!need || !held) return;
      if (!need.held || (need.closing && !isClosedBy(held, slot, need.closing))) this.assumeUnmap(slot, line, reason);
    });
    this.assumeHeld((slot) => needed[slot]?.held === true, line, reason);
  }

  /**
   * Assume maps so that the wanted slots are in use. The kernel fills the first free slot, so the free ones below are
   * filled too, and emptied again.
   */
  assumeHeld(wanted: (slot: number) => boolean, line: number, reason: AssumedReason): void {
    const last = this.slots.findLastIndex((held, slot) => held === undefined && wanted(slot));
    const fillers: number[] = [];
    for (let slot = 0; slot <= last; slot += 1) {
      if (this.slots[slot]) continue;
      if (!wanted(slot)) fillers.push(slot);
      this.#assumeMap(slot, line, reason);
    }
    for (const slot of fillers) this.assumeUnmap(slot, line, reason);
  }

  assumeUnmap(slot: number, line: number, reason: AssumedReason): void {
    const held = this.slots[slot];
    if (!held) return;
    this.drafts.push(this.drafter.assumedUnmap(held, slot, line, reason));
    this.slots[slot] = undefined;
    this.#note(
      'assumed-unmap',
      weightOf[reason],
      line,
      `slot ${slot} was unmapped ${becauseOf[reason]}; its unmap is assumed.`,
    );
  }

  #assumeMap(slot: number, line: number, reason: AssumedReason): void {
    const draft = this.drafter.assumedMap(slot, line, reason);
    this.drafts.push(draft);
    this.slots[slot] = draft;
    this.#note(
      'assumed-map',
      weightOf[reason],
      line,
      `slot ${slot} was mapped ${becauseOf[reason]}; a map of unknown memory is assumed.`,
    );
  }

  #note(kind: NoteKind, weight: NoteWeight, line: number, text: string): void {
    this.notes.push({ kind, weight, line, text });
  }
}
