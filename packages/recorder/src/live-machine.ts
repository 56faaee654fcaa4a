import type { KernelProfile } from '@kwind/x86';
import { BatchBuilder, isEntryCode, type BootEvent, type EventBatch } from '@kwind/events';
import type { RowSource } from '@kwind/events/raw';
import { noSite, type CallSite, type GivenChoices, type KernelContext } from '@kwind/kernel';
import { applyRow, initialState, MachineWriter, type MachineState, type MachineView } from '@kwind/state';

/** Takes each batch as it is frozen. */
export type BatchListener = (batch: EventBatch) => void;

/**
 * The machine while it is being recorded: each emitted fact becomes a row of the open batch and is applied
 * at once by the reducer that replays use too.
 */
export class LiveMachine implements KernelContext {
  readonly profile: KernelProfile;
  /** Set by whoever runs the calls of a capture, for as long as a call runs. */
  given: GivenChoices | undefined;
  readonly #builder: BatchBuilder;
  readonly #onBatch: BatchListener;
  #writer: MachineWriter;
  #state: MachineState;
  /** The batch that is being filled. */
  #rows: RowSource;
  #site: CallSite = noSite;
  #lastWarning: { readonly message: string; readonly seq: number } | undefined;

  constructor(start: MachineState | KernelProfile, onBatch: BatchListener) {
    this.#state = 'control' in start ? start : initialState(start);
    this.profile = this.#state.profile;
    this.#builder = new BatchBuilder(this.#state.position, openCalls(this.#state));
    this.#writer = new MachineWriter(this.#state);
    this.#rows = { raw: this.#builder.peek(), firstSeq: this.#state.position };
    this.#onBatch = onBatch;
  }

  get view(): MachineView & Pick<MachineWriter, 'pages'> {
    return this.#writer;
  }
  get position(): number {
    return this.#builder.nextSeq;
  }

  /** The last WARN of any kind, debug lines too; a log's lines are compared with it. */
  get lastWarning(): { readonly message: string; readonly seq: number } | undefined {
    return this.#lastWarning;
  }

  emit(event: BootEvent): number {
    const seq = this.#apply(this.#builder.append(event));
    if (event.type === 'warn.raised') this.#lastWarning = { message: event.message, seq };
    return seq;
  }

  /** A store to an entry as numbers, for sources that produce millions. */
  emitEntry(
    code: number,
    table: number,
    index: number,
    beforeLo: number,
    beforeHi: number,
    afterLo: number,
    afterHi: number,
  ): number {
    if (!isEntryCode(code)) throw new RangeError(`${code} is not the code of a store to an entry`);
    const at = this.#builder.appendEntry(code, table, index, beforeLo, beforeHi, afterLo, afterHi);
    const writer = this.#writer;
    // What applyRow would do with the row, without going through it; a mismatch takes that road for its error.
    if (!writer.pages.write(table, index, beforeLo, beforeHi, afterLo, afterHi)) return this.#apply(at);
    writer.position++;
    const seq = this.#builder.nextSeq - 1;
    if (this.#builder.isFull) this.flush();
    return seq;
  }

  /** Give the next call that is entered its site. */
  from(site: CallSite): this {
    this.#site = site;
    return this;
  }

  takeSite(): CallSite {
    const site = this.#site;
    this.#site = noSite;
    return site;
  }

  /** The machine as it is now, immutable. Costs a copy of the pages that are written next, so nobody asks for each batch. */
  snapshot(): MachineState {
    if (this.#state.position !== this.#writer.position) {
      this.#state = this.#writer.finish();
      this.#writer = new MachineWriter(this.#state);
    }
    return this.#state;
  }

  /** The machine that is open for writing, its control state settled: for who keeps parts of it beside the recording. */
  settled(): MachineWriter {
    this.#writer.settle();
    return this.#writer;
  }

  /** Take back the rows of a batch that was handed out just now and that nobody keeps; see BatchBuilder. */
  takeBack(batch: EventBatch): void {
    this.#builder.takeBack(batch);
  }

  /** Close the open batch, if it holds anything. */
  flush(): void {
    if (this.#builder.length === 0) return;
    this.#writer.keepRows();
    const batch = this.#builder.freeze();
    this.#rows = { raw: this.#builder.peek(), firstSeq: this.#builder.nextSeq };
    this.#onBatch(batch);
  }

  #apply(index: number): number {
    const seq = this.#builder.nextSeq - 1;
    applyRow(this.#writer, this.#rows, index);
    if (this.#builder.isFull) this.flush();
    return seq;
  }
}

function openCalls(state: MachineState): number[] {
  const open: number[] = [];
  for (let frame = state.calls; frame; frame = frame.outer) open.unshift(frame.seq);
  return open;
}
