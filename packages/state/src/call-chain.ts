import { CALL_ENTERED, moveView, viewsByCode, type RawBatch } from '@kwind/events/raw';
import type { EventOf, EventView } from '@kwind/events';
import type { CallFrame } from './control.ts';

const FIRST_ROOM = 16;
const noRows: RawBatch = { codes: new Uint8Array(), offsets: new Uint32Array(), words: new Uint32Array(), strings: [] };

/**
 * Open calls. Nearly all are left within the batch they were entered in, with nobody looking: what was entered is kept as the
 * number of a row, and becomes a frame only when the chain is asked for.
 */
export class CallChain {
  #frames: CallFrame | null;
  #raw = noRows;
  #firstSeq = 0;
  /** Rows of calls inside those of the frames, outermost first. */
  #rows = new Int32Array(FIRST_ROOM);
  #nrRows = 0;

  constructor(innermost: CallFrame | null) {
    this.#frames = innermost;
  }

  /** The chain as frames. Rows that were entered must be as they were then. */
  get innermost(): CallFrame | null {
    this.makeFrames();
    return this.#frames;
  }

  enter(raw: RawBatch, firstSeq: number, index: number): void {
    if (this.#nrRows > 0 && firstSeq !== this.#firstSeq) this.makeFrames();
    if (this.#nrRows === this.#rows.length) this.#grow();
    this.#raw = raw;
    this.#firstSeq = firstSeq;
    this.#rows[this.#nrRows++] = index;
  }

  leave(): void {
    if (this.#nrRows > 0) this.#nrRows--;
    else this.#frames = this.#frames?.outer ?? null;
  }

  #grow(): void {
    const rows = new Int32Array(2 * this.#rows.length);
    rows.set(this.#rows);
    this.#rows = rows;
  }

  makeFrames(): void {
    if (this.#nrRows === 0) return;
    const view = viewsByCode[CALL_ENTERED]! as EventView & EventOf<'call.entered'>;
    for (let i = 0; i < this.#nrRows; i++) {
      moveView(view, { raw: this.#raw, firstSeq: this.#firstSeq }, this.#rows[i]!);
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
    this.#nrRows = 0;
    this.#raw = noRows;
  }
}
