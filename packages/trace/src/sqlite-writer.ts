import { hostname } from 'node:os';
import { pid } from 'node:process';
import type Database from 'better-sqlite3';
import {
  type Checkpoint,
  type CheckpointPart,
  type EventBatch,
  type TraceHeader,
  type TraceWriter,
} from '@kwind/events';
import { splitBatch, type SplitBatch } from '@kwind/events/raw';
import { ToolError } from '@kwind/x86';
import { CHAIN_START, chainLink, CheckpointHash } from './chain.ts';
import { packCodes } from './code-set.ts';
import { createDatabase, removeTrace } from './create.ts';
import { asToolError } from './errors.ts';
import { placeholder, sealFile } from './file-seal.ts';
import { metaWriter, putFileSeal, type Meta } from './meta.ts';
import { MAX_BATCH_BYTES, MAX_CHECKPOINT_BYTES, MAX_PART_BYTES, pack, packPart } from './packing.ts';
import { BatchPacker, type PackedBatch } from './stored-batch.ts';
import { BATCHES_A_GROUP, TouchGroup } from './touch-group.ts';

export interface WriterOptions {
  /** Replace a file that exists. */
  readonly force?: boolean;
  /** Milliseconds of a clock that only rises, for the commit each 100 ms. */
  readonly now?: () => number;
}

const BATCHES_A_COMMIT = 16;
const MS_A_COMMIT = 100;
const SEAL_ATTEMPTS = 25;
const SEAL_PAUSE_MS = 20;

/**
 * Writes a trace while it is recorded. Synchronous: when `append` returns, the batch is stored, and durable against
 * the death of this process as soon as it is committed (every 16 batches, after 100 ms, or by {@link flush}).
 */
export class SqliteTraceWriter implements TraceWriter {
  readonly path: string;
  readonly #db: Database.Database;
  readonly #now: () => number;
  readonly #insertBatch: Database.Statement<[number, number, Buffer, Buffer, Buffer]>;
  readonly #insertCheckpoint: Database.Statement<[number, number, Buffer, Buffer]>;
  readonly #insertPart: Database.Statement<[number, number, number, Buffer]>;
  readonly #putMeta: (meta: Meta) => void;
  readonly #insertTouch: Database.Statement<[number, number, Uint8Array]>;
  readonly #touches = new TouchGroup();
  readonly #packer = new BatchPacker();
  readonly #identity: Pick<Meta, 'header' | 'recorder'>;
  #chain: Buffer = CHAIN_START;
  #length = 0;
  #committed = 0;
  #indexed = 0;
  #checkpoints = 0;
  #lastCheckpoint = -1;
  #waiting = 0;
  #dirty = false;
  #lastCommit: number;
  #logBytes = 0;
  #lastBytes = 0;
  #failure: ToolError | undefined;

  /** @param db a database of createDatabase(), inside its first transaction */
  constructor(path: string, db: Database.Database, header: TraceHeader, options: WriterOptions = {}) {
    this.path = path;
    this.#db = db;
    this.#now = options.now ?? (() => performance.now());
    this.#lastCommit = this.#now();
    this.#identity = { header, recorder: { pid, host: hostname(), started: header.created } };
    this.#insertBatch = db.prepare('INSERT INTO batch VALUES (?, ?, ?, ?, ?)');
    this.#insertCheckpoint = db.prepare('INSERT INTO checkpoint VALUES (?, ?, ?, ?)');
    this.#insertPart = db.prepare('INSERT INTO part (reducer, part, position, body) VALUES (?, ?, ?, ?)');
    this.#insertTouch = db.prepare('INSERT INTO touch VALUES (?, ?, ?)');
    this.#putMeta = metaWriter(db);
    this.#guard(() => {
      this.#commit('recording');
      // The empty trace goes into the file itself: without its -wal it is one that can be opened.
      this.#db.exec('ROLLBACK');
      this.#db.pragma('wal_checkpoint(PASSIVE)');
      this.#db.exec('BEGIN IMMEDIATE');
    });
  }

  /** Events appended. */
  get length(): number {
    return this.#length;
  }
  /** Events that a death of this process cannot take any more. */
  get committed(): number {
    return this.#committed;
  }
  get sinceCheckpoint(): { readonly logBytes: number; readonly lastBytes: number } {
    return { logBytes: this.#logBytes, lastBytes: this.#lastBytes };
  }

  /** @throws ToolError trace/io and then for every later call; event/bad-field for this batch alone */
  append(batch: EventBatch): void {
    if (batch.length === 0) return;
    this.#expectPosition(batch.firstSeq, 'a batch');
    // What can be wrong with the batch itself is found before anything is written.
    const split = splitBatch(batch);
    const { body, weight } = packWithin(this.#packer, batch, split);
    const chain = chainLink(this.#chain, batch, split.columns);
    this.#touches.add(batch);
    this.#guard(() => {
      this.#insertBatch.run(batch.firstSeq, batch.length, packCodes(split.present), chain, body);
      this.#chain = chain;
      this.#length += batch.length;
      this.#logBytes += weight;
      this.#waiting++;
      this.#dirty = true;
      if (this.#touches.batches >= BATCHES_A_GROUP) this.#storeTouches();
      if (this.#waiting >= BATCHES_A_COMMIT || this.#now() - this.#lastCommit >= MS_A_COMMIT) this.#commit('recording');
    });
  }

  /**
   * @param checkpoint at the end of what was appended; one that no reader would unpack is left out, and so is a second
   *        one at the same position
   */
  putCheckpoint(checkpoint: Checkpoint, parts: Iterable<CheckpointPart> = []): void {
    const { position, reducer, bytes } = checkpoint;
    this.#expectPosition(position, 'a checkpoint');
    if (bytes.length > MAX_CHECKPOINT_BYTES || this.#lastCheckpoint === position) return;
    const body = pack(bytes);
    const hash = new CheckpointHash(this.#chain, checkpoint);
    this.#guard(() => {
      let written = body.length;
      for (const part of parts) {
        if (part.bytes.length > MAX_PART_BYTES)
          throw new RangeError(`part ${part.part} has ${part.bytes.length} bytes`);
        const packed = packPart(part);
        this.#insertPart.run(reducer, part.part, position, packed);
        hash.add(part.part, packed);
        written += packed.length;
      }
      this.#insertCheckpoint.run(position, reducer, hash.digest(), body);
      this.#checkpoints++;
      this.#lastCheckpoint = position;
      this.#dirty = true;
      this.#logBytes = 0;
      this.#lastBytes = written;
    });
  }

  /** Commit what was appended, for a source that pauses. */
  flush(): void {
    if (this.#failure || this.#dirty) this.#guard(() => this.#commit('recording'));
  }

  finish(): void {
    const mark = placeholder();
    this.#guard(() => {
      this.#storeTouches();
      putFileSeal(this.#db, mark);
      this.#commit('finished');
      this.#db.exec('ROLLBACK');
      const isOneFile = this.#becomeOneFile();
      this.#db.close();
      // With a reader's -wal beside it the file may still change; it stays without a seal.
      if (isOneFile) sealFile(this.path, mark);
    });
  }

  abort(): void {
    this.#close(!this.#failure);
  }

  /** Close at the last commit: for a recording that was stopped in the middle of whatever it did. */
  abandon(): void {
    this.#close(false);
  }

  #close(withRest: boolean): void {
    if (!this.#db.open) return;
    try {
      if (withRest) {
        this.#storeTouches();
        this.#commit('recording');
      }
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      this.#becomeOneFile();
    } catch {
      // What was committed before is in the file or its -wal, and opens.
    }
    this.#db.close();
  }

  #storeTouches(): void {
    const group = this.#touches.firstSeq;
    for (const row of this.#touches.take()) this.#insertTouch.run(group, row.key, row.hits);
    this.#indexed = this.#length;
  }

  #commit(state: Meta['state']): void {
    this.#putMeta({
      ...this.#identity,
      state,
      length: this.#length,
      chain: this.#chain.toString('hex'),
      indexed: this.#indexed,
      checkpoints: this.#checkpoints,
    });
    this.#db.exec('COMMIT');
    this.#committed = this.#length;
    this.#waiting = 0;
    this.#dirty = false;
    this.#lastCommit = this.#now();
    // Holding the write lock from here on is what keeps a second recorder out; see create.ts.
    this.#db.exec('BEGIN IMMEDIATE');
  }

  /** Leave WAL mode, so that no file stays beside the trace. A reader that has it open hinders that; wait for it a moment. */
  #becomeOneFile(): boolean {
    this.#db.pragma('busy_timeout = 0');
    for (let attempt = 0; attempt < SEAL_ATTEMPTS; attempt++) {
      try {
        this.#db.pragma('journal_mode = DELETE');
        return true;
      } catch (error) {
        if (!(error as { code?: string }).code?.startsWith('SQLITE_BUSY')) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SEAL_PAUSE_MS);
      }
    }
    // Still being read: the file is complete, its empty -wal stays.
    this.#db.pragma('wal_checkpoint(TRUNCATE)');
    return false;
  }

  #expectPosition(position: number, what: string): void {
    if (this.#failure) throw this.#failure;
    if (position === this.#length && this.#db.open) return;
    const where = this.#db.open ? `at position ${this.#length}` : 'after the end of the recording';
    throw new ToolError(
      'internal/invariant',
      `${what} of position ${position} came ${where}.`,
      'This is a bug in kwind; please report it.',
    );
  }

  #guard(write: () => void): void {
    if (this.#failure) throw this.#failure;
    try {
      write();
    } catch (error) {
      this.#failure = asToolError(error, this.path, ` The first ${this.#committed} events are safe in the file.`);
      throw this.#failure;
    }
  }
}

function packWithin(packer: BatchPacker, batch: EventBatch, split: SplitBatch): PackedBatch {
  const packed = packer.pack(split);
  if (packed) return packed;
  const what = `the batch of seq ${batch.firstSeq} takes ${split.columns.length} bytes, at most ${MAX_BATCH_BYTES} can be stored.`;
  throw new ToolError('event/bad-field', what, 'The texts or lists in its events are too long.');
}

/**
 * Start a trace at `path`.
 * @throws ToolError trace/exists, trace/busy (another recorder has it), trace/io
 */
export function createTrace(path: string, header: TraceHeader, options: WriterOptions = {}): SqliteTraceWriter {
  const db = createDatabase(path, options.force ?? false);
  try {
    return new SqliteTraceWriter(path, db, header, options);
  } catch (error) {
    db.close();
    removeTrace(path);
    throw error;
  }
}
