import { Observable, type Subscriber } from 'rxjs';
import { codesMatching, type EventBatch, type EventView } from '@kwind/events';
import { keepAll, keepSome, type KeptRows } from '@kwind/events/raw';

/** A batch as it goes to those who want single events. Their views outlive its rows, which are about to be used again. */
export class WatchedBatch {
  readonly #batch: EventBatch;
  /** Shared by all who want every event. */
  #all: KeptRows | undefined;

  /** @param stays that nobody takes the rows of the batch back */
  constructor(batch: EventBatch, stays: boolean) {
    this.#batch = batch;
    if (stays) this.#all = batch;
  }

  all(): KeptRows {
    return (this.#all ??= keepAll(this.#batch));
  }
  some(wanted: Uint8Array): KeptRows {
    return keepSome(this.#batch, wanted);
  }
}

/**
 * Every single event of a stream of batches. Written by hand because a `mergeMap` over a generator costs three
 * times as much an event. With `pattern`, batches are filtered on their code column before a view is made.
 * @throws ToolError event/unknown-type when the pattern names none
 */
export function singles(batches: Observable<WatchedBatch>, pattern: string): Observable<EventView> {
  const wanted = wantedCodes(pattern);
  return new Observable((subscriber) =>
    batches.subscribe({
      next: (batch) => deliver(wanted === undefined ? batch.all() : batch.some(wanted), subscriber),
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    }),
  );
}

function wantedCodes(pattern: string): Uint8Array | undefined {
  if (pattern === '*') return undefined;
  const wanted = new Uint8Array(256);
  for (const code of codesMatching(pattern)) wanted[code] = 1;
  return wanted;
}

function deliver(rows: KeptRows, subscriber: Subscriber<EventView>): void {
  const { length } = rows;
  for (let i = 0; i < length && !subscriber.closed; i++) subscriber.next(rows.at(i));
}
