import { ToolError } from '@kwind/x86';
import { isEntryCode, type EventType } from './catalog/index.ts';
import { viewAt, type Cause, type EventView, type RowSource } from './view.ts';
import { specOfCode } from './catalog/index.ts';

/** Events in a full batch: the unit of storing, hashing, folding and of the stream. */
export const BATCH_SIZE = 4096;

export const CALL_ENTERED = 0x50;
export const CALL_RETURNED = 0x51;

/** Rows as numbers: event i has code `codes[i]` and its words from `offsets[i]` on. */
export interface RawBatch {
  readonly codes: Uint8Array;
  readonly offsets: Uint32Array;
  readonly words: Uint32Array;
  readonly strings: Texts;
  /** Where the words of calls were left out: reads the batch again with all its words. May be kept longer than the rows. */
  readonly whole?: () => EventBatch;
}

/** What words of kind `str` are numbers of: a list of texts, or one that reads a text when it is asked for. */
export interface Texts {
  readonly length: number;
  at(index: number): string | undefined;
}

/** Set by the class below: the only ways to its private rows. */
let readRaw: (batch: EventBatch) => RawBatch;
let makeBatch: (firstSeq: number, openCalls: readonly number[], raw: RawBatch) => EventBatch;
let takeRaw: (batch: EventBatch) => RawBatch;

const taken = (): never => {
  throw new ToolError(
    'internal/invariant',
    'the rows of this batch were taken back by who made it.',
    'This is a bug in kwind; please report it.',
  );
};
/** What a batch has whose rows were taken back: whoever kept it finds out, and never sees other rows. */
const noRows: RawBatch = Object.defineProperties(
  {},
  Object.fromEntries(['codes', 'offsets', 'words', 'strings'].map((name) => [name, { get: taken }])),
) as RawBatch;

/** Up to {@link BATCH_SIZE} events in order. Immutable: the rows are private and views have no setters. */
export class EventBatch {
  readonly firstSeq: number;
  readonly length: number;
  /** Seqs of the calls that are open before the first event, outermost first. */
  readonly openCalls: readonly number[];
  #raw: RawBatch;
  readonly #source: { -readonly [K in keyof RowSource]: RowSource[K] };

  private constructor(firstSeq: number, openCalls: readonly number[], raw: RawBatch) {
    this.firstSeq = firstSeq;
    this.length = raw.codes.length;
    this.openCalls = openCalls;
    this.#raw = raw;
    this.#source = { raw, firstSeq, causeOf: causesOf(firstSeq, openCalls, raw.codes) };
  }

  static {
    readRaw = (batch) => batch.#raw;
    takeRaw = (batch) => {
      const raw = batch.#raw;
      batch.#raw = batch.#source.raw = noRows;
      return raw;
    };
    makeBatch = (firstSeq, openCalls, raw) => new EventBatch(firstSeq, Object.freeze([...openCalls]), raw);
  }

  /** The event at index `i` of this batch (its seq is `firstSeq + i`). */
  at(i: number): EventView {
    if (!(i >= 0 && i < this.length)) throw new RangeError(`a batch of ${this.length} events has no event ${i}`);
    return viewAt(this.#source, i, this.firstSeq + i);
  }

  codeAt(i: number): number {
    return this.#raw.codes[i]!;
  }

  typeAt(i: number): EventType {
    return specOfCode(this.codeAt(i))!.type as EventType;
  }

  *[Symbol.iterator](): IterableIterator<EventView> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }
}

interface Causes {
  readonly cause: Int32Array;
  readonly depth: Uint16Array;
}

/** Tells the cause of each event; the call brackets are followed once, when somebody asks first. */
export function causesOf(firstSeq: number, openCalls: readonly number[], codes: Uint8Array): (i: number) => Cause {
  let causes: Causes | undefined;
  return (i) => {
    causes ??= followCalls(firstSeq, openCalls, codes);
    return { cause: causes.cause[i]!, depth: causes.depth[i]! };
  };
}

function followCalls(firstSeq: number, openCalls: readonly number[], codes: Uint8Array): Causes {
  const cause = new Int32Array(codes.length);
  const depth = new Uint16Array(codes.length);
  const open = [...openCalls];
  for (let i = 0; i < codes.length; i++) {
    cause[i] = open.at(-1) ?? -1;
    if (codes[i] === CALL_RETURNED) open.pop();
    depth[i] = open.length;
    if (codes[i] === CALL_ENTERED) open.push(firstSeq + i);
  }
  return { cause, depth };
}

export const rawOf = (batch: EventBatch): RawBatch => readRaw(batch);
/** The rows of a batch that nobody uses any more: it has none from then on, and its views throw. */
export const takeRows = (batch: EventBatch): RawBatch => takeRaw(batch);
export const batchFromRaw = (firstSeq: number, openCalls: readonly number[], raw: RawBatch): EventBatch =>
  makeBatch(firstSeq, openCalls, raw);
export { isEntryCode };
