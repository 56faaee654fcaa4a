import { hex, PAGE_SIZE } from '@kwind/x86';
import type { Sighting } from './blocks.ts';
import { addressOf, learnSize, Drafter, sizeOf, type MapDraft } from './drafts.ts';
import { holderOf, lineIsWrong } from './judge.ts';
import type { Message } from './messages.ts';
import type { Boot } from './repeats.ts';
import { firstFree, fits, NR_SLOTS } from './slots.ts';
import { callerOf } from './stack.ts';
import { SlotTracker } from './tracker.ts';
import type { AssumedReason, LoggedCall, LogNote, SilentWarning } from './types.ts';

export interface Resolved {
  readonly calls: readonly LoggedCall[];
  readonly silentWarnings: readonly SilentWarning[];
  readonly notes: readonly LogNote[];
  readonly nrStillMapped: number;
}

type Of<K extends Message['kind']> = Extract<Message, { kind: K }>;
/** A message with its place among those that follow without loss. */
interface Turn<M extends Message = Message> {
  readonly sighting: Sighting;
  readonly message: M;
  readonly messages: readonly Message[];
  readonly at: number;
}

/** Stands for a hashed pointer that no slot holds: any such value makes the kernel do the same. */
const NO_SLOT_HOLDS = 1n;

/** Turns messages into the calls that led to them. Lives for one log. */
class Resolver {
  readonly silentWarnings: SilentWarning[] = [];
  readonly #mapLines = new Map<MapDraft, number>();
  readonly #drafter: Drafter;
  readonly tracker: SlotTracker;

  constructor(name: string) {
    this.#drafter = new Drafter(name);
    this.tracker = new SlotTracker(this.#drafter);
  }

  /** Messages without loss between them; `reason` is why their start may not follow from what was before. */
  stretch(sightings: readonly Sighting[], reason: AssumedReason): void {
    const messages = sightings.map(({ message }) => message);
    if (sightings[0]) this.tracker.reconcile(messages, sightings[0].line, reason);
    sightings.forEach((sighting, at) => this.#turn({ sighting, message: sighting.message, messages, at }));
  }

  finish(): Resolved {
    const { drafts, notes, slots } = this.tracker;
    const open = slots.flatMap((held, slot) => (held && this.#mapLines.has(held) ? [{ held, slot }] : []));
    for (const { held, slot } of open) {
      if (held.size !== undefined) continue;
      const text = `slot ${slot} is mapped here and not unmapped in this log. Only an unmap prints the exact size; the largest that fits is used.`;
      this.tracker.note('size-unknown', 'info', this.#mapLines.get(held)!, text);
    }
    return {
      calls: drafts.map((draft) => draft.finish()),
      silentWarnings: this.silentWarnings,
      notes,
      nrStillMapped: open.length,
    };
  }

  #turn(turn: Turn): void {
    const { message } = turn;
    switch (message.kind) {
      case 'map':
        return this.#map({ ...turn, message });
      case 'unmap':
      case 'unmap-inconsistent':
        return message.pointer === 0n ? this.#unmapNull({ ...turn, message }) : this.#unmap({ ...turn, message });
      case 'unmap-not-found':
        return this.#unmapNotFound({ ...turn, message });
      case 'map-not-found':
        return this.#mapNotFound({ ...turn, message });
      case 'leak':
        return this.#leak({ ...turn, message });
      case 'silent-warning':
        return this.#silent({ ...turn, message });
    }
  }

  #map({ sighting, message, messages, at }: Turn<Of<'map'>>): void {
    const { line } = sighting;
    const { slots } = this.tracker;
    const draft = this.#drafter.map(sighting, message);
    const free = firstFree(slots);
    let { slot } = message;
    if (free !== slot && lineIsWrong(slots, draft, messages, at)) {
      this.tracker.note(
        'slot-disagrees',
        'contradiction',
        line,
        `the log says slot ${slot}, but the first free slot is ${free}.`,
      );
      slot = free;
    } else if (slot >= NR_SLOTS) {
      return this.#noSuchSlot(draft, line);
    } else if (free !== slot) {
      this.tracker.assumeUnmap(slot, line, 'unexplained');
      this.tracker.assumeHeld((other) => other < slot, line, 'unexplained');
    }
    if (message.phys % PAGE_SIZE !== 0n || message.aligned % PAGE_SIZE !== 0n) {
      const text = `address ${hex(message.phys)} and size ${hex(message.aligned)} should both be page-aligned here.`;
      this.tracker.note('size-disagrees', 'contradiction', line, text);
    }
    this.tracker.drafts.push(draft);
    slots[slot] = draft;
    this.#mapLines.set(draft, line);
  }

  /** All slots are in use, so that not even another number would be right. */
  #noSuchSlot(draft: MapDraft, line: number): void {
    this.tracker.note(
      'slot-disagrees',
      'contradiction',
      line,
      `the log says slot ${draft.slot}, but there are ${NR_SLOTS} slots, and all are in use.`,
    );
    this.tracker.drafts.push(draft);
  }

  #unmap({ sighting, message, messages, at }: Turn<Of<'unmap' | 'unmap-inconsistent'>>): void {
    const { line } = sighting;
    const { slots } = this.tracker;
    const { pointer, size } = message;
    const slot = holderOf(slots, message, messages, at);
    if (slot !== message.slot) {
      this.tracker.note(
        'slot-disagrees',
        'contradiction',
        line,
        `the log says slot ${message.slot}, but it unmaps what is in slot ${slot}.`,
      );
    }
    this.tracker.assumeHeld((other) => other === slot, line, 'unexplained');
    const held = slots[slot];
    if (!held) {
      this.tracker.note(
        'slot-disagrees',
        'contradiction',
        line,
        `the log says slot ${slot}, but there are only ${NR_SLOTS} slots.`,
      );
      return this.#unmapNotFound({ sighting, message: { ...message, kind: 'unmap-not-found' }, messages, at });
    }
    const exact = message.kind === 'unmap' ? size : message.prevSize;
    const spansSame = fits(held, exact);
    learnSize(held, exact, pointer);
    if (!spansSame || sizeOf(held) !== exact) {
      this.tracker.note(
        'size-disagrees',
        'contradiction',
        line,
        `slot ${slot} was not mapped with ${hex(exact)} bytes.`,
      );
    }
    this.#recordUnmap(sighting, message, () => addressOf(held, slot));
    if (message.kind === 'unmap') slots[slot] = undefined;
    else
      this.tracker.note(
        'refused-call',
        'info',
        line,
        `early_iounmap refused ${hex(size)} bytes: slot ${slot} has ${hex(sizeOf(held))}.`,
      );
  }

  /** NULL is what a free slot holds, so the kernel finds the first free one, and nothing changes. */
  #unmapNull({ sighting, message }: Turn<Of<'unmap' | 'unmap-inconsistent'>>): void {
    const free = firstFree(this.tracker.slots);
    if (free !== message.slot) {
      const text = `the log says slot ${message.slot}, but the first free slot, which unmapping NULL finds, is ${free}.`;
      this.tracker.note('slot-disagrees', 'contradiction', sighting.line, text);
    }
    this.#recordUnmap(sighting, message, () => 0n);
  }

  /** The address is asked for at the end, when the offset of an assumed map may be known. */
  #recordUnmap(sighting: Sighting, message: Of<'unmap' | 'unmap-inconsistent'>, address: () => bigint): void {
    const { slot, pointer, size } = message;
    const vaddr = pointer === undefined ? [] : ([['vaddr', pointer]] as const);
    this.tracker.drafts.push({
      finish: () =>
        this.#drafter.seen(sighting, {
          what: message.kind === 'unmap' ? 'unmap' : 'unmap-refused',
          fn: 'early_iounmap',
          args: [address(), size],
          slot,
          claims: [['slot', BigInt(slot)], ...vaddr],
          pointer: pointer === undefined ? 'recovered' : 'printed',
        }),
    });
  }

  #unmapNotFound({ sighting, message }: Turn<Of<'unmap-not-found'>>): void {
    const { line } = sighting;
    const { slots } = this.tracker;
    const { pointer, size } = message;
    const holder = slots.findIndex((held, slot) => held !== undefined && addressOf(held, slot) === pointer);
    if (holder !== -1) {
      this.tracker.note(
        'slot-disagrees',
        'contradiction',
        line,
        `the log says that no slot holds ${hex(pointer!)}, but slot ${holder} does.`,
      );
      slots[holder] = undefined;
    } else {
      this.tracker.note('refused-call', 'info', line, `early_iounmap of ${hex(size)} bytes found no slot.`);
    }
    if (pointer === undefined) {
      this.tracker.note(
        'pointer-unknown',
        'info',
        line,
        'the address is hashed and no slot tells it; 0x1 stands for it.',
      );
    }
    const seen = this.#drafter.seen(sighting, {
      what: 'unmap-refused',
      fn: 'early_iounmap',
      args: [pointer ?? NO_SLOT_HOLDS, size],
      slot: -1,
      claims: pointer === undefined ? [] : [['vaddr', pointer]],
      pointer: pointer === undefined ? 'unknown' : 'printed',
    });
    this.tracker.drafts.push({ finish: () => seen });
  }

  #mapNotFound({ sighting, message }: Turn<Of<'map-not-found'>>): void {
    const { line } = sighting;
    const { phys, size } = message;
    this.tracker.assumeHeld(() => true, line, 'unexplained');
    this.tracker.note(
      'refused-call',
      'info',
      line,
      `__early_ioremap of ${hex(size)} bytes at ${hex(phys)} found all slots in use.`,
    );
    const seen = this.#drafter.seen(sighting, {
      what: 'map-refused',
      fn: '__early_ioremap',
      args: [phys, size],
      slot: -1,
      claims: [['result', 0n]],
    });
    this.tracker.drafts.push({ finish: () => seen });
  }

  #leak({ sighting, message }: Turn<Of<'leak'>>): void {
    const { line } = sighting;
    const nrHeld = this.tracker.slots.filter((held) => held !== undefined).length;
    this.tracker.note(
      'leak',
      'info',
      line,
      `the kernel found ${message.count} slots still in use at the end of the boot.`,
    );
    if (nrHeld !== message.count) {
      this.tracker.note(
        'leak',
        'contradiction',
        line,
        `the kernel counts ${message.count} slots in use, the calls in the log leave ${nrHeld}.`,
      );
    }
    const seen = this.#drafter.seen(sighting, {
      what: 'leak-check',
      fn: 'check_early_ioremap_leak',
      args: [],
      slot: -1,
      claims: [['result', 1n]],
    });
    this.tracker.drafts.push({ finish: () => seen });
  }

  #silent({ sighting, message }: Turn<Of<'silent-warning'>>): void {
    const { line, frames } = sighting;
    const { fn, place } = message;
    const { caller, stack } = callerOf(frames, fn);
    this.silentWarnings.push({ line, fn, place, caller, stack, afterCalls: this.tracker.drafts.length });
    const what =
      fn === '__early_ioremap'
        ? 'a size of 0, a range that wraps, more pages than a slot has, or a call after boot'
        : 'an address below the slots';
    this.tracker.note(
      'silent-warning',
      'info',
      line,
      `${fn} warned without saying of what: ${what}. Its arguments are not in the log, so the call is left out.`,
    );
  }
}

/** Group the messages of a boot by the losses between them, and find the calls that led to them. */
export function resolve(boot: Pick<Boot, 'sightings' | 'losses'>, name: string, opening: AssumedReason): Resolved {
  const resolver = new Resolver(name);
  const losses = boot.losses.map(({ line }) => line).toSorted((a, b) => a - b);
  let [reason, from, nextLoss] = [opening, 0, 0];
  const { sightings } = boot;
  for (let at = 0; at < sightings.length; at += 1) {
    const before = nextLoss;
    while (nextLoss < losses.length && losses[nextLoss]! <= sightings[at]!.line) nextLoss += 1;
    if (nextLoss === before) continue;
    resolver.stretch(sightings.slice(from, at), reason);
    [reason, from] = [at === 0 ? opening : 'lost-lines', at];
  }
  resolver.stretch(sightings.slice(from), reason);
  return resolver.finish();
}
