import type { EventBatch } from '@kwind/events';

/** The batches looked at last, by any seq inside them. */
export class BatchCache {
  readonly #batches = new Map<number, EventBatch>();
  readonly #capacity: number;
  #last: EventBatch | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(seq: number): EventBatch | undefined {
    if (this.#last && holds(this.#last, seq)) return this.#last;
    for (const batch of this.#batches.values()) {
      if (holds(batch, seq)) return this.put(batch);
    }
    return undefined;
  }

  /** Keep `batch` as the youngest, dropping the oldest where there is no room. */
  put(batch: EventBatch): EventBatch {
    this.#batches.delete(batch.firstSeq);
    this.#batches.set(batch.firstSeq, batch);
    if (this.#batches.size > this.#capacity) this.#batches.delete(this.#batches.keys().next().value!);
    this.#last = batch;
    return batch;
  }
}

const holds = (batch: EventBatch, seq: number): boolean => seq >= batch.firstSeq && seq < batch.firstSeq + batch.length;
