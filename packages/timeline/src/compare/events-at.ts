import { isEntryCode, type BatchRows, type EventBatch, type EventView, type TraceReader } from '@kwind/events';
import { batchFromRaw, rawOf } from '@kwind/events/raw';

export interface EventAt {
  readonly event: EventView;
  readonly code: number;
}

/**
 * Single events of one side, mostly asked for in their order: batch after batch is read into the same arrays, at first
 * without stores to entries. What lies behind comes from the reader, which keeps some batches.
 */
export class EventsAt {
  readonly #reader: TraceReader;
  #rows: Iterator<BatchRows> | undefined;
  #batch: EventBatch | undefined;
  /** Behind the last event of the batch. */
  #end = 0;
  /** Somebody asked for a store: where there is one, there are more. */
  #withStores = false;

  constructor(reader: TraceReader) {
    this.#reader = reader;
  }

  /** An event; its fields can be read until the next is asked for. */
  at(seq: number): EventAt {
    if (seq >= this.#end && this.#reader.rowsFrom) this.#moveTo(seq);
    const here = this.#batch;
    if (!here || seq < here.firstSeq || seq >= this.#end) return eventIn(this.#reader.batchContaining(seq), seq);
    if (this.#withStores || !isEntryCode(here.codeAt(seq - here.firstSeq))) return eventIn(here, seq);
    this.#withStores = true;
    this.close();
    return this.at(seq);
  }

  close(): void {
    this.#rows?.return?.();
    this.#rows = this.#batch = undefined;
    this.#end = 0;
  }

  #moveTo(seq: number): void {
    let next = this.#batch && seq < this.#end + this.#batch.length ? this.#rows?.next() : undefined;
    if (!next || next.done === true || seq >= next.value.firstSeq + next.value.length) {
      this.close();
      this.#rows = this.#reader.rowsFrom!(seq, { stores: !this.#withStores })[Symbol.iterator]();
      next = this.#rows.next();
    }
    if (next.done === true) return this.close();
    const { firstSeq, length, raw } = next.value;
    this.#batch = batchFromRaw(firstSeq, [], raw);
    this.#end = firstSeq + length;
  }
}

const eventIn = (batch: EventBatch, seq: number): EventAt => ({
  event: batch.at(seq - batch.firstSeq),
  code: rawOf(batch).codes[seq - batch.firstSeq]!,
});
