import { movedView, rawOf, type RawBatch } from '@kwind/events/raw';
import type { EventBatch, EventOf, EventView } from '@kwind/events';
import type { CallFrame } from './control.ts';

const FIRST_ROOM = 16;
const noRows: RawBatch = { codes: new Uint8Array(), offsets: new Uint32Array(), words: new Uint32Array(), strings: [] };

/** A call in a batch whose rows came without the words of calls. */
interface LaterFrame {
  readonly firstSeq: number;
  readonly index: number;
  readonly whole: () => EventBatch;
}

/**
 * Open calls. Nearly all are left within the batch they were entered in, with nobody looking: what was entered is kept as the
 * number of a row, and becomes a frame only when the chain is asked for.
 */
export class CallChain {
  #frames: CallFrame | null;
  /** Calls inside those of the frames, outermost first. */
  readonly #later: LaterFrame[] = [];
  #raw = noRows;
  #firstSeq = 0;
  /** Rows of calls inside all those, outermost first. */
  #rows = new Int32Array(FIRST_ROOM);
  #nrRows = 0;

  constructor(innermost: CallFrame | null) {
    this.#frames = innermost;
  }

  /** The chain as frames. Rows that were entered must be as they were then. */
  get innermost(): CallFrame | null {
    this.#makeFrames();
    return this.#frames;
  }

  enter(raw: RawBatch, firstSeq: number, index: number): void {
    if (this.#nrRows > 0 && firstSeq !== this.#firstSeq) this.keep();
    if (this.#nrRows === this.#rows.length) this.#grow();
    this.#raw = raw;
    this.#firstSeq = firstSeq;
    this.#rows[this.#nrRows++] = index;
  }

  leave(): void {
    if (this.#nrRows > 0) this.#nrRows--;
    else if (this.#later.pop() === undefined) this.#frames = this.#frames?.outer ?? null;
  }

  #grow(): void {
    const rows = new Int32Array(2 * this.#rows.length);
    rows.set(this.#rows);
    this.#rows = rows;
  }

  /** Keep what is open: the rows that were entered may change now. */
  keep(): void {
    if (this.#nrRows === 0) return;
    const { whole } = this.#raw;
    if (!whole) return this.#makeFrames();
    for (let i = 0; i < this.#nrRows; i++) this.#later.push({ firstSeq: this.#firstSeq, index: this.#rows[i]!, whole });
    this.#clearRows();
  }

  #makeFrames(): void {
    for (const { firstSeq, index, whole } of this.#later.splice(0)) this.#addFrame(rawOf(whole()), firstSeq, index);
    if (this.#nrRows === 0) return;
    const raw = this.#raw.whole ? rawOf(this.#raw.whole()) : this.#raw;
    for (let i = 0; i < this.#nrRows; i++) this.#addFrame(raw, this.#firstSeq, this.#rows[i]!);
    this.#clearRows();
  }

  #clearRows(): void {
    this.#nrRows = 0;
    this.#raw = noRows;
  }

  #addFrame(raw: RawBatch, firstSeq: number, index: number): void {
    const view = movedView({ raw, firstSeq }, index) as EventView & EventOf<'call.entered'>;
    const { seq, fn, text, caller, origin } = view;
    this.#frames = Object.freeze({
      seq,
      fn,
      args: Object.freeze([...view.args]),
      text,
      caller,
      origin,
      outer: this.#frames,
    });
  }
}
