import { catalog, specOfType, type EventBatch } from '@kwind/events';
import type { Recorder } from '@kwind/recorder';
import type { Progress } from '../progress.ts';

/** What went by while a trace was recorded. */
export interface Tally {
  readonly events: number;
  /** Events by type, most frequent first. */
  readonly types: readonly { readonly type: string; readonly events: number }[];
  /** Most slots in use at a time, and the position at which that was first so. */
  readonly peakSlots: number;
  readonly peakAt: number;
}

const CLAIMED = specOfType('slot.claimed')!.code;
const RELEASED = specOfType('slot.released')!.code;

/** Counts events and slots as batches leave the recorder, so that nothing has to be read again. */
export class RecordingWatch {
  readonly #counts = new Uint32Array(256);
  #events = 0;
  #inUse = 0;
  #peak = 0;
  #peakAt = 0;

  constructor(recorder: Recorder, progress: Progress) {
    recorder.addSink((batch) => {
      this.#count(batch);
      progress.at(this.#events);
    });
  }

  tally(): Tally {
    const types = catalog
      .map(({ type, code }) => ({ type: type as string, events: this.#counts[code]! }))
      .filter(({ events }) => events > 0)
      .sort((a, b) => b.events - a.events);
    return { events: this.#events, types, peakSlots: this.#peak, peakAt: this.#peakAt };
  }

  #count(batch: EventBatch): void {
    for (let i = 0; i < batch.length; i++) {
      const code = batch.codeAt(i);
      this.#counts[code]!++;
      if (code === RELEASED) this.#inUse--;
      if (code === CLAIMED && ++this.#inUse > this.#peak) {
        this.#peak = this.#inUse;
        this.#peakAt = batch.firstSeq + i + 1;
      }
    }
    this.#events += batch.length;
  }
}
