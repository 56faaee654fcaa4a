import type { EventBatch, RawBatch } from './batch.ts';
import type { TableStores } from './codec-table.ts';

/** By which road a trace's facts came: decided by the model, or seen in a real kernel. */
export type SourceKind = 'script' | 'log' | 'capture' | 'events' | 'branch';

/** What a trace says about itself. Values are for people and for rebuilding the profile. */
export interface TraceHeader {
  /** Number of the event catalogue, not of the file layout. */
  readonly eventSchema: number;
  readonly profile: string;
  /** Overrides of the profile, `key=value` each. */
  readonly options: readonly string[];
  readonly source: { readonly kind: SourceKind; readonly name: string };
  /** The kernel's own version string where the source has one, else ''. */
  readonly kernelVersion: string;
  /** ISO 8601 time of recording. */
  readonly created: string;
  /** kwind's version that recorded. */
  readonly recordedBy: string;
  /** Things that the importer wants a reader to know: a cut log, lost lines. */
  readonly notes: readonly string[];
}

/** A machine state as bytes, at a position; meaning is the state room's. */
export interface Checkpoint {
  readonly position: number;
  /** Number of the reducer that made it; a reader ignores those of another. */
  readonly reducer: number;
  /** What is read at once. */
  readonly bytes: Uint8Array;
}

/** A piece of a checkpoint that is read only when it is needed, and stored only when it changed. */
export interface CheckpointPart {
  readonly part: number;
  readonly bytes: Uint8Array;
  /** Coded so tightly that a store need not try to pack it. */
  readonly dense?: boolean;
}

/** A part as a store has it. */
export interface StoredPart {
  /** Of the checkpoint that it was put with. */
  readonly position: number;
  /** Unpacks it. */
  bytes(): Uint8Array;
}

/** What a batch touches, so that searches need not unpack it. */
export interface BatchSummary {
  readonly firstSeq: number;
  readonly length: number;
  /** Event codes that occur. */
  readonly codes: ReadonlySet<number>;
}

/** Rows of a whole batch, valid until the next are asked for. */
export interface BatchRows {
  readonly firstSeq: number;
  readonly length: number;
  readonly raw: RawBatch;
}

/** Words that nobody will read. */
export interface SkippedWords {
  /** Those of stores to entries. */
  readonly stores?: boolean;
  /** Those of calls. */
  readonly calls?: boolean;
}

/** A link of a store's hash chain: what the events up to the end of a batch come to. */
export interface ChainLink {
  readonly firstSeq: number;
  readonly length: number;
  /** Equal for equal events from the start to the end of the batch, cut into batches alike. */
  readonly chain: Uint8Array;
}

/** Reading side of a store. Synchronous, because the stores are. */
export interface TraceReader {
  readonly header: TraceHeader;
  /** Number of events; the last position. Grows while a recorder writes and {@link TraceReader.refresh} is called. */
  readonly length: number;
  /** The batch that holds event `seq`. */
  batchContaining(seq: number): EventBatch;
  /**
   * The rows of all batches from the one that holds event `firstSeq` on: the fast way to fold a long stretch. The words
   * of stores to entries may be missing for who wants the other events, and those of calls, all but which there are, for
   * who folds: the rows' `whole` has them.
   */
  rowsFrom?(firstSeq: number, skips?: SkippedWords): Iterable<BatchRows>;
  /** The link of the batch that holds event `seq`, in a store that chains its batches. */
  linkAt?(seq: number): ChainLink;
  /**
   * First seq and length of each batch that may hold one of `codes`, in `direction` from `from` on (inclusive). Those
   * behind event `until` may be left out.
   */
  batchesWith(
    codes: readonly number[],
    from: number,
    direction: 'forward' | 'backward',
    until?: number,
  ): Iterable<BatchSummary>;
  /** Like batchesWith, for batches that store to a page-table page (by frame) or change a slot. Those behind event `until` may be left out. */
  batchesTouching(
    touch: { readonly table?: number; readonly index?: number; readonly slot?: number },
    from: number,
    direction: 'forward' | 'backward',
    until?: number,
  ): Iterable<BatchSummary>;
  /**
   * What events `from` to `to − 1` store to one page-table page, in order, a batch each: the stores alone, or the whole
   * batch where they do not tell all. The fast way to bring one page forward. With an `index`, batches that leave this
   * entry alone may be left out.
   */
  storesTo?(table: number, from: number, to: number, index?: number): Iterable<TableStores | EventBatch>;
  checkpointAtOrBefore(position: number, reducer: number): Checkpoint | undefined;
  /** A part as it was put last at or before a position. */
  checkpointPart(checkpoint: Pick<Checkpoint, 'position' | 'reducer'>, part: number): StoredPart | undefined;
  refresh(): void;
  close(): void;
}

/** Writing side of a store. */
export interface TraceWriter {
  /** Nothing of the batch is kept: its rows may be used again when this returns. */
  append(batch: EventBatch): void;
  /** @param parts those that changed since the checkpoint before, in order of their numbers */
  putCheckpoint(checkpoint: Checkpoint, parts?: Iterable<CheckpointPart>): void;
  /** Bytes of the log since the last checkpoint, as if all of it were packed, and of that checkpoint: what a checkpoint policy weighs. */
  readonly sinceCheckpoint: { readonly logBytes: number; readonly lastBytes: number };
  /** Close the recording properly. */
  finish(): void;
  /** Close after a failure: what was committed stays and opens. */
  abort(): void;
}
