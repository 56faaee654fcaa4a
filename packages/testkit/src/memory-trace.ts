import {
  catalog,
  decodeBatch,
  encodeBatch,
  EVENT_SCHEMA,
  type BatchSummary,
  type Checkpoint,
  type CheckpointPart,
  type EventBatch,
  type StoredPart,
  type TraceHeader,
  type TraceReader,
  type TraceWriter,
} from '@kwind/events';
import type { KernelProfile } from '@kwind/x86';
import { fail } from './failure.ts';

type Touch = { readonly table?: number; readonly slot?: number };
type Direction = 'forward' | 'backward';

/** A header for a trace that no file holds. */
export function headerFor(profile: KernelProfile): TraceHeader {
  return {
    eventSchema: EVENT_SCHEMA,
    profile: profile.name,
    options: profile.overrides,
    source: { kind: 'script', name: 'test' },
    kernelVersion: '',
    created: '2026-01-01T00:00:00.000Z',
    recordedBy: 'testkit',
    notes: [],
  };
}

/**
 * A store in memory, both sides in one: what is appended can be read at once. Batches go through the codec once,
 * so that nobody gets back the object that was put in.
 */
export class MemoryTrace implements TraceReader, TraceWriter {
  readonly header: TraceHeader;
  readonly #batches: EventBatch[] = [];
  readonly #checkpoints: Checkpoint[] = [];
  readonly #parts: (Checkpoint & CheckpointPart)[] = [];
  #log = { logBytes: 0, lastBytes: 0 };

  constructor(header: TraceHeader) {
    this.header = header;
  }

  get length(): number {
    const last = this.#batches.at(-1);
    return last ? last.firstSeq + last.length : 0;
  }
  get sinceCheckpoint(): { readonly logBytes: number; readonly lastBytes: number } {
    return this.#log;
  }

  append(batch: EventBatch): void {
    if (batch.firstSeq !== this.length)
      fail(`a batch from event ${batch.firstSeq} does not follow event ${this.length - 1}`);
    const bytes = encodeBatch(batch);
    this.#batches.push(decodeBatch(bytes, batch.firstSeq));
    this.#log = { ...this.#log, logBytes: this.#log.logBytes + bytes.length };
  }
  putCheckpoint(checkpoint: Checkpoint, parts: Iterable<CheckpointPart> = []): void {
    this.#checkpoints.push({ ...checkpoint, bytes: checkpoint.bytes.slice() });
    for (const { part, bytes } of parts) this.#parts.push({ ...checkpoint, part, bytes: bytes.slice() });
    this.#log = { logBytes: 0, lastBytes: checkpoint.bytes.length };
  }

  batchContaining(seq: number): EventBatch {
    return (
      this.#batches.find((batch) => seq >= batch.firstSeq && seq < batch.firstSeq + batch.length) ??
      fail(`the trace has no event ${seq}`)
    );
  }
  *batchesWith(codes: readonly number[], from: number, direction: Direction): Iterable<BatchSummary> {
    for (const summary of this.#from(from, direction)) if (codes.some((code) => summary.codes.has(code))) yield summary;
  }
  *batchesTouching(touch: Touch, from: number, direction: Direction): Iterable<BatchSummary> {
    for (const summary of this.#from(from, direction))
      if ([...this.batchContaining(summary.firstSeq)].some((event) => touches(event, touch))) yield summary;
  }
  checkpointAtOrBefore(position: number, reducer: number): Checkpoint | undefined {
    return this.#checkpoints
      .filter((one) => one.position <= position && one.reducer === reducer)
      .toSorted((a, b) => b.position - a.position)[0];
  }
  checkpointPart(checkpoint: Pick<Checkpoint, 'position' | 'reducer'>, part: number): StoredPart | undefined {
    const last = this.#parts
      .filter((one) => one.part === part && one.position <= checkpoint.position && one.reducer === checkpoint.reducer)
      .toSorted((a, b) => b.position - a.position)[0];
    return last && { position: last.position, bytes: () => last.bytes };
  }
  refresh(): void {}
  close(): void {}
  finish(): void {}
  abort(): void {}

  *#from(from: number, direction: Direction): Iterable<BatchSummary> {
    const wanted = this.#batches.filter((batch) =>
      direction === 'forward' ? batch.firstSeq + batch.length > from : batch.firstSeq <= from,
    );
    for (const batch of direction === 'forward' ? wanted : wanted.toReversed()) yield summaryOf(batch);
  }
}

const codeOf = new Map<string, number>(catalog.map((spec) => [spec.type, spec.code]));

function summaryOf(batch: EventBatch): BatchSummary {
  const codes = new Set(Array.from(batch, (event) => codeOf.get(event.type)!));
  return { firstSeq: batch.firstSeq, length: batch.length, codes };
}

function touches(event: object, touch: Touch): boolean {
  const { table, slot } = event as Touch;
  return (touch.table !== undefined && table === touch.table) || (touch.slot !== undefined && slot === touch.slot);
}

/** A trace in memory that holds these batches. */
export function memoryTrace(batches: readonly EventBatch[], header: TraceHeader): MemoryTrace {
  const trace = new MemoryTrace(header);
  for (const batch of batches) trace.append(batch);
  return trace;
}
