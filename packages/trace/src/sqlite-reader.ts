import {
  type BatchRows,
  type BatchSummary,
  type ChainLink,
  type Checkpoint,
  type EventBatch,
  type SkippedWords,
  type StoredPart,
  type TraceHeader,
  type TraceReader,
} from '@kwind/events';
import { RowDecoder, type TableStores } from '@kwind/events/raw';
import { ToolError } from '@kwind/x86';
import { BatchCache } from './batch-cache.ts';
import { mergeBatches, scanBatches, type Direction } from './batch-scan.ts';
import { hasCode, unpackCodes } from './code-set.ts';
import { asToolError } from './errors.ts';
import { readMeta, type Meta, type RecorderInfo } from './meta.ts';
import { openForReading, type OpenedTrace } from './open.ts';
import { MAX_CHECKPOINT_BYTES, unpack, unpackPart } from './packing.ts';
import { Queries, type BatchRow, type FoundPart, type SummaryRow } from './queries.ts';
import { batchIn, rowsIn, storesIn } from './stored-batch.ts';
import { slotTarget, tableTarget, TouchSearch, type Target } from './touch-search.ts';

/** `index` narrows a table to one entry. */
export interface Touch {
  readonly table?: number;
  readonly index?: number;
  readonly slot?: number;
}

const CACHED_BATCHES = 64;

/** Reads a trace, also one that is still being recorded: then what was committed by the last {@link refresh} counts. */
export class SqliteTraceReader implements TraceReader {
  readonly path: string;
  readonly header: TraceHeader;
  readonly #opened: OpenedTrace;
  readonly #queries: Queries;
  readonly #touches: TouchSearch;
  readonly #cache = new BatchCache(CACHED_BATCHES);
  /** Its arrays are large: made anew for each fold, they made the collector run. */
  #idle: RowDecoder | undefined;
  #meta: Meta;

  constructor(path: string, opened: OpenedTrace) {
    this.path = path;
    this.#opened = opened;
    this.#meta = readMeta(opened.db, path);
    this.header = this.#meta.header;
    // Nobody writes a finished file any more: one transaction for all questions, for each of its own takes ten system calls.
    if (this.finished) opened.db.exec('BEGIN');
    this.#queries = new Queries(opened.db, path);
    this.#touches = new TouchSearch(this.#queries);
  }

  get length(): number {
    return this.#meta.length;
  }
  /** Whether the recorder closed the trace; else it is at work, or was stopped. */
  get finished(): boolean {
    return this.#meta.state === 'finished';
  }
  get recorder(): RecorderInfo {
    return this.#meta.recorder;
  }
  /** Last link of the hash chain, in hex: equal for traces of equal events, whatever their headers say. */
  get digest(): string {
    return this.#meta.chain;
  }

  batchContaining(seq: number): EventBatch {
    if (!(seq >= 0 && seq < this.length)) {
      throw new ToolError(
        'position/invalid',
        `${this.path} has no event ${seq}; it has ${this.length}.`,
        'Events are numbered from 0.',
      );
    }
    return this.#cache.get(seq) ?? this.#cache.put(this.#load(seq));
  }

  *rowsFrom(firstSeq: number, { stores = false, calls = false }: SkippedWords = {}): IterableIterator<BatchRows> {
    const decoder = this.#idle ?? new RowDecoder();
    this.#idle = undefined;
    try {
      yield* this.#rows(decoder, firstSeq, { stores, calls });
    } finally {
      this.#idle = decoder;
    }
  }

  *#rows(decoder: RowDecoder, firstSeq: number, skips: Required<SkippedWords>): Generator<BatchRows> {
    for (let seq = firstSeq; seq < this.length;) {
      const row = this.#rowAt(seq);
      let batch: EventBatch | undefined;
      const whole = (): EventBatch => (batch ??= this.#batchOf(row));
      const raw = this.#decode(row, (body) => rowsIn(body, decoder, skips, whole));
      this.#checkLength(row, raw.codes.length);
      yield { firstSeq: row.first_seq, length: row.length, raw };
      seq = row.first_seq + row.length;
    }
  }

  linkAt(seq: number): ChainLink {
    const row = this.#queries.linkAt(seq);
    if (!row || !holds(row, seq)) throw this.#queries.damaged(`the batch that holds seq ${seq} is missing`);
    return { firstSeq: row.first_seq, length: row.length, chain: row.chain };
  }

  *batchesWith(
    codes: readonly number[],
    from: number,
    direction: Direction,
    until?: number,
  ): IterableIterator<BatchSummary> {
    for (const row of scanBatches(this.#queries, from, 0, this.length, direction)) {
      if (
        until !== undefined &&
        (direction === 'forward' ? row.first_seq > until : row.first_seq + row.length <= until)
      )
        return;
      if (codes.some((code) => hasCode(row.codes, code))) yield summaryOf(row);
    }
  }

  *batchesTouching(touch: Touch, from: number, direction: Direction, until?: number): IterableIterator<BatchSummary> {
    const { indexed, length } = this.#meta;
    const targets: Target[] = [];
    if (touch.table !== undefined) targets.push(tableTarget(touch.table, touch.index));
    if (touch.slot !== undefined) targets.push(slotTarget(touch.slot));
    const lists = targets.map((target) =>
      this.#touches.batches(target, { from, until, direction }, { indexed, length }),
    );
    for (const row of mergeBatches(lists, direction)) yield summaryOf(row);
  }

  *storesTo(table: number, from: number, to: number, index?: number): IterableIterator<TableStores | EventBatch> {
    if (from >= to) return;
    const stretch = { from, until: to - 1, direction: 'forward' } as const;
    for (const firstSeq of this.#touches.firstSeqs(tableTarget(table, index), stretch, this.#meta)) {
      if (firstSeq >= to) return;
      yield this.#cache.get(firstSeq) ?? this.#stores(firstSeq, table) ?? this.batchContaining(firstSeq);
    }
  }

  #stores(seq: number, table: number): TableStores | undefined {
    const row = this.#rowAt(seq);
    return this.#decode(row, (body) => storesIn(body, row.first_seq, table));
  }

  checkpointAtOrBefore(position: number, reducer: number): Checkpoint | undefined {
    const row = this.#queries.checkpointAtOrBefore(Math.min(position, this.length), reducer);
    if (!row) return undefined;
    this.#checkBefore(row, position, 'checkpoint');
    try {
      return { position: row.position, reducer: row.reducer, bytes: unpack(row.body, MAX_CHECKPOINT_BYTES) };
    } catch (error) {
      throw this.#queries.damaged(`the checkpoint at position ${row.position} cannot be unpacked`, error);
    }
  }

  checkpointPart(
    { position, reducer }: Pick<Checkpoint, 'position' | 'reducer'>,
    part: number,
  ): StoredPart | undefined {
    const row = this.#queries.partAtOrBefore(position, reducer, part);
    if (!row) return undefined;
    this.#checkBefore(row, position, `part ${part}`);
    return { position: row.position, bytes: () => this.#unpackPart(row, part) };
  }

  #unpackPart(row: FoundPart, part: number): Uint8Array {
    const body = this.#queries.partBody(row.id);
    if (!body) throw this.#queries.damaged(`part ${part} put at position ${row.position} is missing`);
    try {
      return unpackPart(body);
    } catch (error) {
      throw this.#queries.damaged(`part ${part} put at position ${row.position} cannot be unpacked`, error);
    }
  }

  refresh(): void {
    if (!this.finished) this.#meta = readMeta(this.#opened.db, this.path);
  }

  close(): void {
    this.#opened.close();
  }

  #load(seq: number): EventBatch {
    return this.#batchOf(this.#rowAt(seq));
  }

  #batchOf(row: BatchRow): EventBatch {
    const batch = this.#decode(row, (body) => batchIn(body, row.first_seq));
    this.#checkLength(row, batch.length);
    return batch;
  }

  #rowAt(seq: number): BatchRow {
    const row = this.#queries.batchAt(seq);
    if (row && holds(row, seq)) return row;
    throw this.#queries.damaged(`the batch that holds seq ${seq} is missing`);
  }

  #decode<T>(row: BatchRow, decode: (body: Buffer) => T): T {
    try {
      return decode(row.body);
    } catch (error) {
      throw this.#queries.damaged(`the batch at seq ${row.first_seq} cannot be read`, error);
    }
  }

  #checkBefore(row: { readonly position: number }, position: number, what: string): void {
    if (row.position <= position) return;
    throw this.#queries.damaged(`the ${what} before position ${position} is said to be of ${row.position}`);
  }

  #checkLength({ first_seq, length }: BatchRow, found: number): void {
    if (found === length) return;
    throw this.#queries.damaged(`the batch at seq ${first_seq} has ${found} events instead of ${length}`);
  }
}

/** A damaged tree gives other rows than those that were asked for. */
const holds = ({ first_seq, length }: Pick<BatchRow, 'first_seq' | 'length'>, seq: number): boolean =>
  seq >= first_seq && seq < first_seq + length;

const summaryOf = (row: SummaryRow): BatchSummary => ({
  firstSeq: row.first_seq,
  length: row.length,
  codes: unpackCodes(row.codes),
});

/**
 * Open a trace for reading.
 * @throws ToolError trace/not-found, trace/not-a-trace, trace/newer-schema, trace/damaged, trace/busy, trace/io
 */
export function openTrace(path: string): SqliteTraceReader {
  const opened = openForReading(path);
  try {
    return new SqliteTraceReader(path, opened);
  } catch (error) {
    opened.close();
    throw asToolError(error, path);
  }
}
