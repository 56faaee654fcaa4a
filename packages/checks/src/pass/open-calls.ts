import type { EventBatch, EventOf, TraceReader } from '@kwind/events';
import type { Frame } from '../types.ts';

type Entered = EventOf<'call.entered'>;

/** Where a frame's event is read when somebody asks for more than its number. */
interface Events {
  at(seq: number): Entered;
}

/** A call that is read from the trace once somebody wants to know what it is: most are only remembered. */
class LazyFrame implements Frame {
  readonly seq: number;
  readonly outer: Frame | null;
  readonly #events: Events;
  #entered: Entered | undefined;

  constructor(seq: number, outer: Frame | null, events: Events) {
    this.seq = seq;
    this.outer = outer;
    this.#events = events;
  }

  get fn(): string {
    return this.#event.fn;
  }
  get args(): readonly bigint[] {
    return this.#event.args;
  }
  get text(): string {
    return this.#event.text;
  }
  get caller(): string {
    return this.#event.caller;
  }
  get stack(): string {
    return this.#event.stack;
  }
  get origin(): string {
    return this.#event.origin;
  }

  get #event(): Entered {
    return (this.#entered ??= this.#events.at(this.seq));
  }
}

/** The calls that are open. Two thirds of a real boot are brackets of calls that no rule asks of: a frame is made for who asks. */
export class OpenCalls implements Events {
  readonly #reader: TraceReader;
  /** Seqs, outermost first, and the frames made of the first of them. */
  readonly #entered: number[] = [];
  readonly #frames: Frame[] = [];

  /** The batch that the pass is in: what is asked of its calls needs no reading. */
  #batch: EventBatch | undefined;

  constructor(reader: TraceReader) {
    this.#reader = reader;
  }

  /** The pass has come to this batch. */
  enter(batch: EventBatch): void {
    this.#batch = batch;
  }

  push(seq: number): void {
    this.#entered.push(seq);
  }

  pop(): void {
    this.#entered.pop();
    if (this.#frames.length > this.#entered.length) this.#frames.pop();
  }

  /** The innermost open call. */
  frame(): Frame | null {
    for (let i = this.#frames.length; i < this.#entered.length; i++)
      this.#frames.push(new LazyFrame(this.#entered[i]!, this.#frames[i - 1] ?? null, this));
    return this.#frames.at(-1) ?? null;
  }

  at(seq: number): Entered {
    const here = this.#batch;
    const isHere = here !== undefined && seq >= here.firstSeq && seq < here.firstSeq + here.length;
    const batch = isHere ? here : this.#reader.batchContaining(seq);
    const { type, fn, args, text, caller, stack, origin } = batch.at(seq - batch.firstSeq) as Entered;
    return { type, fn, args, text, caller, stack, origin };
  }
}
