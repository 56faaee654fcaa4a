import { map, type Observable, Subject } from 'rxjs';
import type { KernelProfile } from '@kwind/x86';
import type { EventBatch, EventView } from '@kwind/events';
import type { MachineState } from '@kwind/state';
import { singles, WatchedBatch } from './event-stream.ts';
import { LiveMachine } from './live-machine.ts';

/** A frozen batch and the state right after it. */
export interface Recorded {
  readonly batch: EventBatch;
  readonly state: MachineState;
}

/** What a sink gets: the batch, and the state for the asking, while it is being called. */
export type Sink = (batch: EventBatch, stateAfter: () => MachineState) => void;

/**
 * A boot while it is recorded: kernel functions work on `machine`, and what they decide leaves as a hot stream
 * of immutable batches. A subscriber is called inside the emit that fills a batch, so a slow sink slows the
 * recording down and nothing queues up; a subscriber that throws ends the recording with its error.
 */
export class Recorder {
  readonly machine: LiveMachine;
  readonly #out = new Subject<EventBatch>();
  /** For those who want single events and never see the batch. */
  readonly #watched = new Subject<WatchedBatch>();
  readonly #sinks: Sink[] = [];
  /** Whether every sink is through with a batch when it returns. */
  #sinksOnlyLook = true;
  #failure: unknown;
  #ended = false;

  constructor(start: MachineState | KernelProfile) {
    this.machine = new LiveMachine(start, (batch) => this.#publish(batch));
  }

  /** Batches as they are frozen. Completes with {@link finish}, errors with {@link fail}. */
  get batches$(): Observable<EventBatch> {
    return this.#out.asObservable();
  }
  /** Batches with the state after each; the states are made only while somebody subscribes. */
  get recorded$(): Observable<Recorded> {
    return this.#out.pipe(map((batch) => ({ batch, state: this.machine.snapshot() })));
  }
  /** Single events, all or those whose type matches `pattern` (`pte.*`). */
  events$(pattern = '*'): Observable<EventView> {
    return singles(this.#watched, pattern);
  }

  /**
   * Attach a sink: it gets each batch synchronously, before the recording goes on. If it throws, the recording
   * fails with that error: {@link LiveMachine.emit} throws it and the stream ends with it.
   * @param onlyLooks that it keeps neither batch nor events: the batch may be empty when it has returned
   */
  addSink(sink: Sink, onlyLooks = false): void {
    this.#sinks.push(sink);
    this.#sinksOnlyLook &&= onlyLooks;
  }

  /** Close the open batch early, for watchers of a slow recording. */
  flush(): void {
    this.machine.flush();
  }

  /** Close the open batch and complete the stream. Returns the last state. */
  finish(): MachineState {
    this.machine.flush();
    if (!this.#ended) {
      this.#ended = true;
      this.#out.complete();
      this.#watched.complete();
    }
    return this.machine.snapshot();
  }

  /** End the stream with an error; what was published stays published. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = error;
    this.#out.error(error);
    this.#watched.error(error);
  }

  #publish(batch: EventBatch): void {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      // Sinks first and outside rxjs: Subject would report a throwing observer later, from a timer.
      for (const sink of this.#sinks) sink(batch, () => this.machine.snapshot());
    } catch (error) {
      this.fail(error);
      throw error;
    }
    const stays = this.#out.observed || !this.#sinksOnlyLook;
    this.#out.next(batch);
    if (this.#watched.observed) this.#watched.next(new WatchedBatch(batch, stays));
    if (!stays) this.machine.takeBack(batch);
  }
}
