import type { EventBatch } from '@kwind/events';
import { rawOf } from '@kwind/events/raw';
import { ToolError } from '@kwind/x86';
import { CHAIN_START, chainLink, CheckpointHash } from './chain.ts';
import { packCodes } from './code-set.ts';
import type { Meta } from './meta.ts';
import { MAX_CHECKPOINT_BYTES, unpack } from './packing.ts';
import type { BatchRow, CheckpointRow, PartRow, Queries, SummaryRow } from './queries.ts';
import { batchIn } from './stored-batch.ts';
import { BATCHES_A_GROUP, TouchGroup, type TouchRow } from './touch-group.ts';

export interface Problem {
  /** Number of the batch in the file, from 0; −1 where the file as a whole is meant. */
  readonly batch: number;
  /** First event of the batch. */
  readonly seq: number;
  readonly what: string;
}

const MAX_PROBLEMS = 100;
const SQLITE_PROBLEMS = 10;
const TOUCH_ROWS_A_PAGE = 512;

/** One walk over a trace. Everything that a reader may hand out is computed again from the events and compared. */
export class VerifyWalk {
  readonly problems: Problem[] = [];
  readonly #queries: Queries;
  readonly #meta: Meta | undefined;
  #touches = new TouchGroup();
  /** Whether a batch of the open group could not be read, so that its touches are unknown. */
  #groupBroken = false;
  /** After a gap nobody knows which batches made up a group. */
  #touchesLost = false;
  /** Start of the group checked last; number of the first batch of the open one. */
  #group = -Infinity;
  #groupBatch = 0;
  #batches = 0;
  #seq = 0;
  #chain: Buffer = CHAIN_START;
  #checkpoint: CheckpointRow | undefined;
  #checkpoints = 0;
  #part: PartRow | undefined;

  constructor(queries: Queries, meta: Meta | undefined) {
    this.#queries = queries;
    this.#meta = meta;
  }

  get events(): number {
    return this.#seq;
  }
  get batches(): number {
    return this.#batches;
  }

  run(onProgress: (done: number, total: number) => void): void {
    this.#attempt(() => {
      if (this.#queries.batchAt(-1)) this.#report('a batch lies before seq 0');
      this.#touches = new TouchGroup(this.#attempt(() => this.#queries.touchesAreMasks()) !== true);
      this.#nextCheckpoint(-Infinity);
      this.#nextPart(-Infinity);
      this.#checkCheckpoints();
      for (let row = this.#queries.batchFrom(0); row; row = this.#queries.batchFrom(this.#seq)) {
        if (row.first_seq < this.#seq || row.length < 1) return this.#report('the batches are out of order');
        this.#checkBatch(row);
        this.#checkCheckpoints();
        onProgress(this.#seq, this.#meta?.length ?? this.#seq);
      }
      this.#checkEnd();
    });
    this.problems.sort((a, b) => a.seq - b.seq);
    for (const line of this.#attempt(() => this.#queries.integrity(SQLITE_PROBLEMS)) ?? [])
      this.#report(`SQLite says: ${line}`, -1, 0);
  }

  #report(what: string, batch = this.#batches, seq = this.#seq): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ batch, seq, what });
  }

  /** What SQLite refuses to read is a problem at the place that the walk has reached. */
  #attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ToolError) || error.code === 'internal/invariant') throw error;
      this.#report(error.message);
      return undefined;
    }
  }

  #checkBatch(row: BatchRow & SummaryRow): void {
    const gap = row.first_seq !== this.#seq;
    if (gap) {
      this.#report(`events ${this.#seq} to ${row.first_seq - 1} are missing`);
      this.#touchesLost = true;
      this.#seq = row.first_seq;
    }
    const batch = this.#attempt(() => decodeRow(row));
    const what = batch && batchProblem(batch, row, gap ? undefined : this.#chain);
    if (what) this.#report(what);
    if (!batch || what) this.#groupBroken = true;
    this.#chain = row.chain;
    this.#checkTouches(batch, row);
    this.#seq += row.length;
    this.#batches++;
  }

  #checkTouches(batch: EventBatch | undefined, row: SummaryRow): void {
    const indexed = this.#meta?.indexed ?? 0;
    if (row.first_seq >= indexed || this.#touchesLost) return;
    if (batch) this.#attempt(() => this.#touches.add(batch));
    else this.#touches.skip(row.first_seq);
    if (this.#touches.batches === BATCHES_A_GROUP || row.first_seq + row.length >= indexed) this.#checkGroup();
  }

  #checkGroup(): void {
    const group = this.#touches.firstSeq;
    const expected = this.#touches.take();
    const found = this.#queries.groupAfter(this.#group);
    if (expected.length > 0 || this.#groupBroken) this.#group = group;
    if (!this.#groupBroken) {
      const what = this.#groupProblem(group, expected, found);
      if (what) this.#report(`the touch index of the batches from seq ${group} on ${what}`, this.#groupBatch, group);
    }
    this.#groupBroken = false;
    this.#groupBatch = this.#batches + 1;
  }

  #groupProblem(group: number, expected: readonly TouchRow[], found: number | undefined): string | undefined {
    if (expected.length === 0) return found === group ? 'has rows, and they touch nothing' : undefined;
    if (found !== group) return 'is missing or misplaced';
    let at = 0;
    let page;
    do {
      page = this.#queries.touchRows(group, expected[at - 1]?.key ?? -Infinity, TOUCH_ROWS_A_PAGE);
      for (const row of page) {
        const wanted = expected[at++];
        if (row.tbl !== wanted?.key || !row.hits.equals(wanted.hits)) return `is wrong at key ${row.tbl}`;
      }
    } while (page.length === TOUCH_ROWS_A_PAGE);
    return at < expected.length ? `lacks key ${expected[at]!.key}` : undefined;
  }

  #nextCheckpoint(after: number): void {
    this.#checkpoint = this.#queries.checkpointAfter(after);
    if (this.#checkpoint && this.#checkpoint.position <= after)
      throw this.#queries.damaged('the checkpoints are out of order');
  }

  #nextPart(after: number): void {
    this.#part = this.#queries.partAfter(after);
    if (this.#part && this.#part.id <= after) throw this.#queries.damaged('the parts of checkpoints are out of order');
  }

  /** Those up to where the walk is; each belongs to the end of a batch. */
  #checkCheckpoints(): void {
    for (let row = this.#checkpoint; row && row.position <= this.#seq; row = this.#checkpoint) {
      const { position, reducer, sha } = row;
      const bytes = this.#attempt(() => unpackCheckpoint(row));
      const hash = new CheckpointHash(this.#chain, { position, reducer, bytes: bytes ?? Buffer.of() });
      this.#hashParts(hash, row);
      if (bytes && (position !== this.#seq || !hash.digest().equals(sha))) {
        this.#report(`the checkpoint at position ${position} does not match its checksum`);
      }
      this.#checkpoints++;
      this.#nextCheckpoint(position);
    }
  }

  /** Parts are stored in the order in which checkpoints were put. */
  #hashParts(hash: CheckpointHash, { position, reducer }: CheckpointRow): void {
    while (this.#part && this.#part.position < position) {
      this.#report(`a part of a checkpoint at position ${this.#part.position} belongs to none`);
      this.#nextPart(this.#part.id);
    }
    for (let row = this.#part; row?.position === position && row.reducer === reducer; row = this.#part) {
      hash.add(row.part, row.body);
      this.#nextPart(row.id);
    }
  }

  #checkEnd(): void {
    // Without the last batches nobody knows what the last group held.
    if (this.#meta && this.#meta.length !== this.#seq) this.#touchesLost = true;
    if (this.#touches.batches > 0 && !this.#touchesLost) this.#checkGroup();
    if (this.#meta && !this.#touchesLost && this.#queries.groupAfter(this.#group) !== undefined)
      this.#report('the touch index has rows that belong to no batch');
    if (this.#checkpoint)
      this.#report(`a checkpoint at position ${this.#checkpoint.position} lies after the last event`);
    if (this.#part) this.#report(`a part of a checkpoint at position ${this.#part.position} belongs to none`);
    if (!this.#meta) return;
    if (this.#meta.length !== this.#seq)
      this.#report(`the trace ends at seq ${this.#seq}, its header says ${this.#meta.length} events`);
    else if (this.#meta.chain !== this.#chain.toString('hex'))
      this.#report('the last batch is not the one that the header names');
    if (this.#meta.checkpoints !== this.#checkpoints)
      this.#report(`${this.#checkpoints} checkpoints, the header says ${this.#meta.checkpoints}`);
  }
}

/** @param previous link of the batch before, where that is known */
function batchProblem(batch: EventBatch, row: BatchRow & SummaryRow, previous: Buffer | undefined): string | undefined {
  if (batch.length !== row.length) return `the batch has ${batch.length} events, its row says ${row.length}`;
  if (previous && !chainLink(previous, batch).equals(row.chain)) return 'the batch does not match its checksum';
  return packCodes(rawOf(batch).codes).equals(row.codes)
    ? undefined
    : 'the list of event types is not that of the batch';
}

function decodeRow(row: BatchRow): EventBatch {
  try {
    return batchIn(row.body, row.first_seq);
  } catch (error) {
    throw new ToolError('trace/damaged', `the batch cannot be read: ${(error as Error).message}`, '', { cause: error });
  }
}

function unpackCheckpoint(row: CheckpointRow): Buffer {
  try {
    return unpack(row.body, MAX_CHECKPOINT_BYTES);
  } catch (error) {
    throw new ToolError(
      'trace/damaged',
      `the checkpoint at position ${row.position} cannot be unpacked: ${(error as Error).message}`,
      '',
      { cause: error },
    );
  }
}
