import { offsetInPage, pageAlign, PAGE_SHIFT } from '@kwind/x86';
import type { Message } from './messages.ts';

export const NR_SLOTS = 8;
export const NR_FIX_BTMAPS = 64;
const SLOT_BYTES = 0x4_0000n;
const BTMAP_BASE = 0xffff_ffff_ff20_0000n;

/** Where a slot starts on x86-64. */
export const slotBase = (slot: number): bigint => BTMAP_BASE + BigInt(slot) * SLOT_BYTES;

/** Pages that `size` bytes from an address with this in-page offset touch. */
export const spanPages = (offset: bigint, size: bigint): bigint =>
  pageAlign(offsetInPage(offset) + size) >> BigInt(PAGE_SHIFT);

/** What is known of the mapping in a slot. */
export interface Content {
  /** Undefined for a mapping that no line reported. */
  readonly pages: bigint | undefined;
  readonly offset: bigint | undefined;
}

/** A mapping of which only its slot is known. */
export const UNSEEN: Content = { pages: undefined, offset: undefined };

export type Slots = readonly (Content | undefined)[];

/** The slot that the kernel would take, or -1. */
export const firstFree = (slots: Slots): number => slots.indexOf(undefined);

/** Whether an unmap of `size` bytes can be of this mapping. */
export const fits = ({ pages, offset }: Content, size: bigint): boolean =>
  pages === undefined || offset === undefined || spanPages(offset, size) === pages;

/** Lines looked at to judge which of two explanations goes on better. */
const HORIZON = 48;

/** Slot in which a printed pointer lies; -1 when it is hidden or lies in none. */
export function slotOfPointer(pointer: bigint | undefined): number {
  if (pointer === undefined || pointer < BTMAP_BASE) return -1;
  const slot = (pointer - BTMAP_BASE) / SLOT_BYTES;
  return slot < BigInt(NR_SLOTS) ? Number(slot) : -1;
}

/** Slot and pointer of an unmap line name different slots: one of them is wrong. */
const isTorn = ({ pointer, slot }: UnmapMessage): boolean =>
  slotOfPointer(pointer) !== -1 && slotOfPointer(pointer) !== slot;

function unmapScore(slots: (Content | undefined)[], message: Extract<Message, { kind: 'unmap' }>): number {
  const byPointer = slotOfPointer(message.pointer);
  const slot = isTorn(message) && slots[byPointer] ? byPointer : message.slot;
  const held = slots[slot];
  if (slot < NR_SLOTS) slots[slot] = undefined;
  return held && slot === message.slot && fits(held, message.size) ? 0 : 1;
}

function stepScore(slots: (Content | undefined)[], message: Message): number {
  switch (message.kind) {
    case 'map': {
      const free = slots.indexOf(undefined);
      if (free === -1) return 1;
      slots[free] = { pages: message.aligned >> BigInt(PAGE_SHIFT), offset: message.offset };
      return free === message.slot ? 0 : 1;
    }
    case 'unmap':
      if (message.pointer === 0n) return slots.indexOf(undefined) === message.slot ? 0 : 1;
      return unmapScore(slots, message);
    case 'unmap-inconsistent':
      if (message.pointer === 0n) return slots.indexOf(undefined) === message.slot ? 0 : 1;
      return slots[message.slot] ? 0 : 1;
    case 'map-not-found':
      return slots.includes(undefined) ? 1 : 0;
    default:
      return 0;
  }
}

/** How many of the next messages contradict the first-free-slot rule when the kernel goes on from `slots`. */
export function contradictionsAhead(slots: Slots, messages: readonly Message[], from: number): number {
  const copy = [...slots];
  const to = Math.min(messages.length, from + HORIZON);
  let score = 0;
  for (let at = from; at < to; at += 1) score += stepScore(copy, messages[at]!);
  return score;
}

export type UnmapMessage = Extract<Message, { kind: 'unmap' | 'unmap-inconsistent' }>;

export const isUnmap = (message: Message): message is UnmapMessage =>
  message.kind === 'unmap' || message.kind === 'unmap-inconsistent';

/** A map, or an unmap of NULL: that pointer is what every free slot holds, so the kernel finds the first of them. */
const takesFirstFree = (message: Message): message is Extract<Message, { kind: 'map' }> | UnmapMessage =>
  message.kind === 'map' || (isUnmap(message) && message.pointer === 0n);

/** State that a slot must have had at the start of a stretch, told by what happens to it first. */
export type Needed = { readonly held: false } | { readonly held: true; readonly closing: UnmapMessage | undefined };

/** Per slot, what must hold where `messages` begin; undefined when they do not tell. */
export function neededAtStart(messages: readonly Message[]): readonly (Needed | undefined)[] {
  const needed: (Needed | undefined)[] = Array.from({ length: NR_SLOTS }, () => undefined);
  const hold = (to: number): void => {
    for (let slot = 0; slot < to; slot += 1) needed[slot] ??= { held: true, closing: undefined };
  };
  for (const message of messages) {
    if (message.kind === 'map-not-found') hold(NR_SLOTS);
    if (takesFirstFree(message) && message.slot < NR_SLOTS) {
      hold(message.slot);
      needed[message.slot] ??= { held: false };
    } else if (isUnmap(message) && message.slot < NR_SLOTS && !isTorn(message)) {
      const need = needed[message.slot];
      const isFirst = need === undefined || (need.held && need.closing === undefined);
      if (isFirst) needed[message.slot] = { held: true, closing: message };
    }
    if (needed.every((need) => need && (!need.held || need.closing))) break;
  }
  return needed;
}
