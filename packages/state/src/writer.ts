import { castDraft, createDraft, finishDraft, type Draft } from 'immer';
import type { KernelProfile, Position } from '@kwind/x86';
import type { RawBatch } from '@kwind/events/raw';
import { CallChain } from './call-chain.ts';
import {
  tlbKey,
  tlbLookup,
  type CallFrame,
  type ControlState,
  type Counters,
  type SlotState,
  type TlbEntry,
} from './control.ts';
import type { MachineState, MachineView } from './machine.ts';
import { PageWriter } from './page-store.ts';
import { SlotLine } from './slot-line.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The one mutable machine, alive for one batch or a run of them. Small slices are an immer draft, made only when an
 * event needs it; pages are taken over from the state before. Counters, the call chain and the slots are plain values, because they
 * change with almost every call and a proxy would cost more than everything else.
 */
export class MachineWriter implements MachineView {
  readonly profile: KernelProfile;
  readonly pages: PageWriter;
  position: Position;
  readonly counters: Mutable<Counters>;
  readonly #chain: CallChain;
  /** What the draft is made of. */
  #settled: ControlState;
  #draft: Draft<ControlState> | undefined;
  /** The fields of the draft since it was last edited. */
  #shown: ControlState | undefined;
  readonly #slots: SlotLine;
  /** Cached translations, so that a flush of an empty TLB costs a comparison. */
  #tlbSize: number;
  #readable: ControlState | undefined;

  constructor(base: MachineState) {
    this.#settled = base.control;
    this.profile = base.profile;
    this.position = base.position;
    this.#chain = new CallChain(base.calls);
    this.counters = { ...base.counters };
    this.pages = new PageWriter(base.pages);
    this.#slots = new SlotLine(base.control.slots);
    this.#tlbSize = Object.keys(base.control.tlb).length;
    this.#readable = base.control;
  }

  /** Innermost open call. */
  get calls(): CallFrame | null {
    return this.#chain.innermost;
  }

  /** The call of row `index` is entered. Its row is read later: see {@link keepRows}. */
  enterCall(raw: RawBatch, firstSeq: number, index: number): void {
    this.counters.calls++;
    this.#chain.enter(raw, firstSeq, index);
  }

  leaveCall(): void {
    this.#chain.leave();
  }

  /** A slot is claimed or released by row `index`, which is read later. False, and nothing done, when there is no such slot. */
  turnSlot(raw: RawBatch, firstSeq: number, index: number): boolean {
    return this.#slots.turn(raw, firstSeq, index);
  }

  /** Keep what is to be read of rows later, calls that are open and slots: the rows may change now. */
  keepRows(): void {
    this.#chain.keep();
    this.#slots.keep();
  }

  /** The control state to read. */
  get control(): ControlState {
    if (this.#slots.isChanged) this.#readable = undefined;
    this.#readable ??= { ...this.#unslotted(), slots: this.#slots.list };
    return this.#readable;
  }

  /** Slots change with nearly every call, the rest seldom: what a draft shows is taken out of it once an edit. */
  #unslotted(): ControlState {
    const draft = this.#draft as ControlState | undefined;
    if (draft === undefined) return this.#settled;
    this.#shown ??= { ...draft };
    return this.#shown;
  }

  /** The control state to change at once; slots and TLB have methods of their own. */
  edit(): Draft<Omit<ControlState, 'slots' | 'tlb'>> {
    return this.#edit();
  }

  #edit(): Draft<ControlState> {
    this.#draft ??= createDraft(this.#settled);
    this.#shown = undefined;
    this.#readable = undefined;
    return this.#draft;
  }

  slot(index: number): SlotState | undefined {
    return this.#slots.at(index);
  }

  setSlot(index: number, slot: SlotState): void {
    this.#slots.set(index, slot);
  }

  fillTlb(entry: TlbEntry): void {
    const key = tlbKey(entry.vaddr, entry.size);
    const tlb = this.#edit().tlb;
    if (!(key in tlb)) this.#tlbSize++;
    tlb[key] = entry;
  }

  get tlbIsEmpty(): boolean {
    return this.#tlbSize === 0;
  }

  /** Drop every cached translation whose page holds `address`. */
  dropTlb(address: bigint): void {
    while (this.#tlbSize > 0) {
      const entry = tlbLookup(this.control.tlb, address);
      if (!entry) return;
      delete this.#edit().tlb[tlbKey(entry.vaddr, entry.size)];
      this.#tlbSize--;
    }
  }

  dropTlbWhere(test: (entry: TlbEntry) => boolean): void {
    if (this.#tlbSize === 0) return;
    for (const [key, entry] of Object.entries(this.control.tlb)) {
      if (!test(entry)) continue;
      delete this.#edit().tlb[key];
      this.#tlbSize--;
    }
  }

  /** Freeze the control state as it is now and go on from it: for who keeps it, but none of the pages. */
  settle(): void {
    this.#settled = this.#finishControl();
    this.#draft = undefined;
    this.#readable = this.#settled;
  }

  /** The machine as it is now, frozen. The writer must not be used again. */
  finish(): MachineState {
    return Object.freeze({
      profile: this.profile,
      position: this.position,
      control: this.#finishControl(),
      counters: Object.freeze(this.counters),
      calls: this.calls,
      pages: this.pages.finish(),
    });
  }

  #finishControl(): ControlState {
    const slots = this.#slots.list;
    if (this.#draft === undefined) {
      if (slots === this.#settled.slots) return this.#settled;
      // Slots change with nearly every call; a draft for them alone would cost more than the call.
      return Object.freeze({ ...this.#settled, slots: Object.freeze(slots) });
    }
    if (slots !== this.#settled.slots) this.#draft.slots = castDraft(Object.freeze(slots));
    return finishDraft(this.#draft) as ControlState;
  }
}
