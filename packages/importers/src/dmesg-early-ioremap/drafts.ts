import type { Claim } from '@kwind/events';
import { offsetInPage, PAGE_SHIFT, u64 } from '@kwind/x86';
import type { Sighting } from './blocks.ts';
import type { Message } from './messages.ts';
import { spanPages, NR_FIX_BTMAPS, slotBase } from './slots.ts';
import { callerOf } from './stack.ts';
import type { AssumedCall, AssumedReason, LoggedCall, SeenCall, SeenWhat } from './types.ts';

/** A map whose size may still become known, from the unmap that closes it. */
export interface MapDraft {
  readonly slot: number;
  /** In-page offset; of an assumed map only known when its unmap prints a raw pointer. */
  offset: bigint | undefined;
  readonly pages: bigint | undefined;
  size: bigint | undefined;
  finish(): LoggedCall;
}

type MapMessage = Extract<Message, { kind: 'map' }>;

/** The caller's address: the line prints the mapping's end, or its start in newer kernels, and the offset. */
const callerPhys = ({ phys, aligned, offset, startFirst }: MapMessage): bigint =>
  u64((startFirst ? phys : phys - aligned) + offset);

function claimsOf(origin: string, values: readonly (readonly [Claim['what'], bigint | string])[]): readonly Claim[] {
  return values.map(([what, value]) => ({ what, value, origin }));
}

export interface SeenParts {
  readonly what: SeenWhat;
  readonly fn: string;
  readonly args: readonly bigint[];
  readonly slot: number;
  readonly claims: readonly (readonly [Claim['what'], bigint | string])[];
  readonly sizeKnown?: boolean;
  readonly pointer?: SeenCall['pointer'];
}

/** Makes the call records of one log, whose name goes into their origins. */
export class Drafter {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  seen(sighting: Sighting, parts: SeenParts): SeenCall {
    const { line, frames, message } = sighting;
    const { caller, stack, isGuess, wrapper } = callerOf(frames, parts.fn);
    const origin = `${this.#name}:${line}`;
    const claims = claimsOf(origin, [...parts.claims, ['line', message.text]]);
    return {
      kind: 'seen',
      what: parts.what,
      call: { fn: parts.fn, args: parts.args, caller, stack, origin, claims },
      line,
      slot: parts.slot,
      sizeKnown: parts.sizeKnown ?? true,
      pointer: parts.pointer ?? 'none',
      callerIsGuess: isGuess,
      wrapper,
    };
  }

  map(sighting: Sighting, message: MapMessage): MapDraft {
    const { slot, offset, aligned, slotVirt } = message;
    const phys = callerPhys(message);
    const pages = aligned >> BigInt(PAGE_SHIFT);
    const draft: MapDraft = {
      slot,
      offset,
      pages,
      size: undefined,
      finish: () =>
        this.seen(sighting, {
          what: 'map',
          fn: '__early_ioremap',
          args: [phys, draft.size ?? u64(aligned - offset)],
          slot,
          claims: [
            ['slot', BigInt(slot)],
            ['offset', offset],
            ['slotVirt', slotVirt],
            ['pages', pages],
          ],
          sizeKnown: draft.size !== undefined,
        }),
    };
    return draft;
  }

  assumedMap(slot: number, beforeLine: number, reason: AssumedReason): MapDraft {
    const draft: MapDraft = {
      slot,
      offset: undefined,
      pages: undefined,
      size: undefined,
      finish: () => {
        const unknown: ('phys' | 'offset' | 'size')[] = ['phys'];
        if (draft.offset === undefined) unknown.push('offset');
        if (draft.size === undefined) unknown.push('size');
        const args = [draft.offset ?? 0n, draft.size ?? 0x1000n];
        return this.#assumed('map', { slot, beforeLine, reason, fn: '__early_ioremap', args, unknown });
      },
    };
    return draft;
  }

  assumedUnmap(held: MapDraft, slot: number, beforeLine: number, reason: AssumedReason): { finish(): LoggedCall } {
    const finish = (): LoggedCall =>
      this.#assumed('unmap', {
        slot,
        beforeLine,
        reason,
        fn: 'early_iounmap',
        args: [addressOf(held, slot), sizeOf(held)],
        unknown: [],
      });
    return { finish };
  }

  #assumed(
    what: 'map' | 'unmap',
    parts: Pick<AssumedCall, 'slot' | 'beforeLine' | 'reason' | 'unknown'> & {
      readonly fn: string;
      readonly args: readonly bigint[];
    },
  ): AssumedCall {
    const { slot, beforeLine, reason, unknown, fn, args } = parts;
    const origin = `assumed before ${this.#name}:${beforeLine}`;
    const claims = claimsOf(origin, [['slot', BigInt(slot)]]);
    return {
      kind: 'assumed',
      what,
      call: { fn, args, caller: '', stack: [], origin, claims },
      beforeLine,
      slot,
      reason,
      unknown,
    };
  }
}

/** The pointer that the kernel's map returned for what is in `slot`. */
export const addressOf = (held: Pick<MapDraft, 'offset'>, slot: number): bigint => slotBase(slot) + (held.offset ?? 0n);

/** The size that the record of the map gives, known or not. */
export const sizeOf = ({ size, pages, offset }: MapDraft): bigint =>
  size ?? (pages === undefined ? 0x1000n : (pages << BigInt(PAGE_SHIFT)) - (offset ?? 0n));

/** Note the exact size, and an assumed map's offset, from the unmap that closes it. */
export function learnSize(held: MapDraft, size: bigint, pointer: bigint | undefined): void {
  if (held.pages === undefined && pointer !== undefined) held.offset = offsetInPage(pointer);
  const pages = spanPages(held.offset ?? 0n, size);
  if (size > 0n && pages >= 1n && pages <= BigInt(NR_FIX_BTMAPS)) held.size ??= size;
}
