import { ToolError } from '@kwind/x86';
import {
  BatchBuilder,
  toEvent,
  type BatchSummary,
  type Checkpoint,
  type EventBatch,
  type StoredPart,
  type TraceHeader,
  type TraceReader,
} from '@kwind/events';
import type { Direction, Touch } from './types.ts';

/**
 * Another history: the events of a trace up to a position, and behind them events of its own, which live in memory.
 * The trace itself is only read.
 */
export class BranchTrace implements TraceReader {
  readonly header: TraceHeader;
  readonly forkedAt: number;
  readonly #parent: TraceReader;
  readonly #own: EventBatch[] = [];
  /** The parent's batch that the fork cuts through, up to the fork. */
  #cut: EventBatch | undefined;

  constructor(header: TraceHeader, parent: TraceReader, forkedAt: number) {
    this.header = header;
    this.#parent = parent;
    this.forkedAt = forkedAt;
  }

  get length(): number {
    const last = this.#own.at(-1);
    return last ? last.firstSeq + last.length : this.forkedAt;
  }

  /** @throws ToolError internal/invariant when the batch does not follow the last one */
  append(batch: EventBatch): void {
    if (batch.firstSeq !== this.length) {
      throw new ToolError(
        'internal/invariant',
        `a batch at seq ${batch.firstSeq} cannot follow ${this.length} events.`,
      );
    }
    if (batch.length > 0) this.#own.push(batch);
  }

  batchContaining(seq: number): EventBatch {
    if (seq < this.forkedAt) return this.#cutOff(this.#parent.batchContaining(seq));
    const batch = this.#own.find((one) => seq < one.firstSeq + one.length);
    if (batch) return batch;
    throw new ToolError(
      'position/invalid',
      `there is no event ${seq}; there are ${this.length}.`,
      'Events are numbered from 0.',
    );
  }

  *batchesWith(
    codes: readonly number[],
    from: number,
    direction: Direction,
    until?: number,
  ): IterableIterator<BatchSummary> {
    const isWanted = (summary: BatchSummary): boolean => codes.some((code) => summary.codes.has(code));
    if (direction === 'backward') yield* this.#ownSummaries(from, direction, isWanted);
    yield* this.#shared(this.#parent.batchesWith(codes, this.#withinParent(from), direction, until));
    if (direction === 'forward') yield* this.#ownSummaries(from, direction, isWanted);
  }

  *batchesTouching(touch: Touch, from: number, direction: Direction, until?: number): IterableIterator<BatchSummary> {
    const isTouched = (summary: BatchSummary): boolean => touches(this.batchContaining(summary.firstSeq), touch);
    if (direction === 'backward') yield* this.#ownSummaries(from, direction, isTouched);
    yield* this.#shared(this.#parent.batchesTouching(touch, this.#withinParent(from), direction, until));
    if (direction === 'forward') yield* this.#ownSummaries(from, direction, isTouched);
  }

  checkpointAtOrBefore(position: number, reducer: number): Checkpoint | undefined {
    return this.#parent.checkpointAtOrBefore(Math.min(position, this.forkedAt), reducer);
  }
  checkpointPart(checkpoint: Pick<Checkpoint, 'position' | 'reducer'>, part: number): StoredPart | undefined {
    const position = Math.min(checkpoint.position, this.forkedAt);
    return this.#parent.checkpointPart({ ...checkpoint, position }, part);
  }

  refresh(): void {}
  close(): void {}

  #withinParent(from: number): number {
    return Math.min(from, this.forkedAt - 1);
  }

  /** Summaries of the parent's batches before the fork. One that is cut through may promise more than it holds. */
  *#shared(summaries: Iterable<BatchSummary>): Generator<BatchSummary> {
    if (this.forkedAt === 0) return;
    for (const summary of summaries) {
      if (summary.firstSeq >= this.forkedAt) return;
      yield { ...summary, length: Math.min(summary.length, this.forkedAt - summary.firstSeq) };
    }
  }

  *#ownSummaries(
    from: number,
    direction: Direction,
    isWanted: (summary: BatchSummary) => boolean,
  ): Generator<BatchSummary> {
    const forward = direction === 'forward';
    for (const batch of forward ? this.#own : this.#own.toReversed()) {
      const isAhead = forward ? batch.firstSeq + batch.length > from : batch.firstSeq <= from;
      if (!isAhead) continue;
      const summary = summaryOf(batch);
      if (isWanted(summary)) yield summary;
    }
  }

  #cutOff(batch: EventBatch): EventBatch {
    if (batch.firstSeq + batch.length <= this.forkedAt) return batch;
    if (this.#cut?.firstSeq === batch.firstSeq) return this.#cut;
    const builder = new BatchBuilder(batch.firstSeq, batch.openCalls);
    for (let i = 0; batch.firstSeq + i < this.forkedAt; i++) builder.append(toEvent(batch.at(i)));
    this.#cut = builder.freeze();
    return this.#cut;
  }
}

function summaryOf(batch: EventBatch): BatchSummary {
  const codes = new Set<number>();
  for (let i = 0; i < batch.length; i++) codes.add(batch.codeAt(i));
  return { firstSeq: batch.firstSeq, length: batch.length, codes };
}

function touches(batch: EventBatch, touch: Touch): boolean {
  for (const event of batch) {
    if (touch.slot !== undefined && 'slot' in event && event.slot === touch.slot) return true;
    if (touch.table === undefined || !('table' in event) || event.table !== touch.table) continue;
    if (touch.index === undefined || !('index' in event) || event.index === touch.index) return true;
  }
  return false;
}
