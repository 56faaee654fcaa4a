import { Observable, type Subscriber } from 'rxjs';
import { codesMatching, type EventBatch, type EventView } from '@kwind/events';
import { rawOf } from '@kwind/events/raw';

/**
 * Every single event of a stream of batches. Written by hand because a `mergeMap` over a generator costs three
 * times as much an event. With `pattern`, batches are filtered on their code column before a view is made.
 */
export function singles(batches: Observable<EventBatch>, pattern = '*'): Observable<EventView> {
  const wanted = wantedCodes(pattern);
  return new Observable((subscriber) =>
    batches.subscribe({
      next: (batch) => deliver(batch, wanted, subscriber),
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

function deliver(batch: EventBatch, wanted: Uint8Array | undefined, subscriber: Subscriber<EventView>): void {
  const { codes } = rawOf(batch);
  for (let i = 0; i < codes.length && !subscriber.closed; i++) {
    if (wanted === undefined || wanted[codes[i]!] === 1) subscriber.next(batch.at(i));
  }
}
