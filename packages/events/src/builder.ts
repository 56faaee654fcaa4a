import { ToolError } from '@kwind/x86';
import {
  batchFromRaw,
  BATCH_SIZE,
  CALL_ENTERED,
  CALL_RETURNED,
  takeRows,
  type EventBatch,
  type RawBatch,
} from './batch.ts';
import { catalog, type BootEvent, type EventOf } from './catalog/index.ts';
import { TextTable } from './text-table.ts';
import { widthOf, type EventSpec } from './schema.ts';
import { highWord, splitInto } from './words.ts';

const ENTRY_WORDS = 7;
const ENTERED_WORDS = 6;
const RETURNED_WORDS = 3;
const START_WORDS = BATCH_SIZE * ENTRY_WORDS;
/** Most words of arrays that are used again. */
const MOST_WORDS = 4 * START_WORDS;

type Rows = Pick<RawBatch, 'codes' | 'offsets' | 'words'>;

const newRows = (): Rows => ({
  codes: new Uint8Array(BATCH_SIZE),
  offsets: new Uint32Array(BATCH_SIZE + 1),
  words: new Uint32Array(START_WORDS),
});

interface Plan {
  readonly spec: EventSpec;
  readonly fields: readonly { readonly name: string; readonly kind: string; readonly skip: number }[];
  readonly width: number;
  /** The field that is a list, if there is one. */
  readonly list: string | undefined;
}

const plans = new Map<string, Plan>(catalog.map((spec) => [spec.type, planOf(spec)]));

function planOf(spec: EventSpec): Plan {
  let width = 0;
  const fields = Object.entries(spec.fields).map(([name, kind]) => {
    const skip = width;
    width += widthOf(kind);
    return { name, kind, skip };
  });
  return { spec, fields, width, list: fields.find((field) => field.kind === 'list')?.name };
}

const isSound = ({ fn, caller, stack, origin, text, args }: EventOf<'call.entered'>): boolean =>
  typeof fn === 'string' &&
  typeof caller === 'string' &&
  typeof stack === 'string' &&
  typeof origin === 'string' &&
  typeof text === 'string' &&
  Array.isArray(args);

/**
 * Collects events into a batch. Mutable until {@link BatchBuilder.freeze}, which hands out what was collected
 * as an immutable batch and starts the next one, carrying the open calls over.
 */
export class BatchBuilder {
  #firstSeq: number;
  #length = 0;
  #codes: Uint8Array = new Uint8Array(BATCH_SIZE);
  #offsets: Uint32Array = new Uint32Array(BATCH_SIZE + 1);
  #words: Uint32Array = new Uint32Array(START_WORDS);
  #used = 0;
  readonly #texts = new TextTable();
  /** Arrays for the batch after this one. */
  #spare: Rows | undefined;
  #openAtStart: readonly number[];
  readonly #rows: { -readonly [K in keyof RawBatch]: RawBatch[K] };
  readonly #open: number[];

  constructor(firstSeq = 0, openCalls: readonly number[] = []) {
    this.#firstSeq = firstSeq;
    this.#openAtStart = [...openCalls];
    this.#open = [...openCalls];
    this.#rows = { codes: this.#codes, offsets: this.#offsets, words: this.#words, strings: this.#texts.texts };
  }

  get length(): number {
    return this.#length;
  }
  get isFull(): boolean {
    return this.#length === BATCH_SIZE;
  }
  get nextSeq(): number {
    return this.#firstSeq + this.#length;
  }
  /** Seqs of the calls that are open now, outermost first. */
  get openCalls(): readonly number[] {
    return this.#open;
  }

  /**
   * Append one event. Returns its index in the batch.
   * @throws ToolError event/unknown-type, event/bad-field
   */
  append(event: BootEvent): number {
    // Two thirds of a real boot: through the plan they took four times as long.
    if (event.type === 'call.entered' && isSound(event)) return this.#enter(event);
    if (event.type === 'call.returned' && typeof event.fn === 'string' && typeof event.result === 'bigint')
      return this.#leave(event);
    return this.#appendAny(event);
  }

  #enter({ fn, caller, stack, origin, text, args }: EventOf<'call.entered'>): number {
    let at = this.#reserve(CALL_ENTERED, ENTERED_WORDS + 2 * args.length);
    const words = this.#words;
    // In the order of the fields: who comes first gets the lower number.
    words[at] = this.#texts.numberOf(fn, 1);
    words[at + 1] = this.#texts.numberOf(caller, 2);
    words[at + 2] = this.#texts.numberOf(stack, 3);
    words[at + 3] = this.#texts.numberOf(origin, 4);
    words[at + 4] = this.#texts.numberOf(text, 5);
    words[at + 5] = args.length;
    at += ENTERED_WORDS;
    for (let i = 0; i < args.length; i++) splitInto(words, at + 2 * i, args[i]!);
    this.#open.push(this.nextSeq - 1);
    return this.#length - 1;
  }

  #leave({ fn, result }: EventOf<'call.returned'>): number {
    const at = this.#reserve(CALL_RETURNED, RETURNED_WORDS);
    this.#words[at] = this.#texts.numberOf(fn, 1);
    splitInto(this.#words, at + 1, result);
    this.#open.pop();
    return this.#length - 1;
  }

  #appendAny(event: BootEvent): number {
    const plan = plans.get(event.type);
    if (!plan)
      throw new ToolError(
        'event/unknown-type',
        `there is no event type "${String(event.type)}".`,
        'kwind events lists them.',
      );
    const fields = event as unknown as Record<string, never>;
    const list = plan.list === undefined ? undefined : (fields[plan.list] as readonly bigint[] | undefined);
    const at = this.#reserve(plan.spec.code, plan.width + (list ? 2 * list.length : 0));
    const { fields: planned } = plan;
    for (let i = 0; i < planned.length; i++) {
      const { name, kind, skip } = planned[i]!;
      const value: unknown = fields[name];
      // The usual two first: a call with five arguments for each field took longer than all the rest.
      if (typeof value === 'bigint' && kind !== 'pfn') splitInto(this.#words, at + skip, value);
      else if (typeof value === 'number' && value >= 0 && kind !== 'pfn') this.#words[at + skip] = value;
      else this.#put(kind, at + skip, value, plan.spec.type, name);
    }
    if (plan.spec.code === CALL_ENTERED) this.#open.push(this.nextSeq - 1);
    else if (plan.spec.code === CALL_RETURNED) this.#open.pop();
    return this.#length - 1;
  }

  /** Append a store to a page-table entry without making an object or a bigint: for sources that produce millions. */
  appendEntry(
    code: number,
    table: number,
    index: number,
    beforeLo: number,
    beforeHi: number,
    afterLo: number,
    afterHi: number,
  ): number {
    const at = this.#reserve(code, ENTRY_WORDS);
    const words = this.#words;
    words[at] = table;
    // A division for each store costs more than the comparison.
    words[at + 1] = table <= 0xffff_ffff ? 0 : highWord(table);
    words[at + 2] = index;
    words[at + 3] = beforeLo;
    words[at + 4] = beforeHi;
    words[at + 5] = afterLo;
    words[at + 6] = afterHi;
    return this.#length - 1;
  }

  /** The rows of the open batch, for the reducer that applies each at once. Good for rows to come, until the next freeze. */
  peek(): RawBatch {
    return this.#rows;
  }

  /** What was collected, immutable; the builder goes on empty. */
  freeze(): EventBatch {
    const raw = 2 * this.#used > this.#words.length ? this.#handOver() : this.#copied();
    const batch = batchFromRaw(this.#firstSeq, this.#openAtStart, raw);
    this.#firstSeq += this.#length;
    this.#length = 0;
    this.#used = 0;
    this.#texts.clear();
    this.#rows.strings = this.#texts.texts;
    this.#openAtStart = [...this.#open];
    return batch;
  }

  /** The arrays themselves, for good; the builder takes new ones. */
  #handOver(): RawBatch {
    const raw: RawBatch = {
      codes: this.#codes.subarray(0, this.#length),
      offsets: this.#offsets.subarray(0, this.#length + 1),
      words: this.#words.subarray(0, this.#used),
      strings: Object.freeze(this.#texts.texts),
    };
    const { codes, offsets, words } = this.#spare ?? newRows();
    this.#spare = undefined;
    this.#rows.codes = this.#codes = codes;
    this.#rows.offsets = this.#offsets = offsets;
    this.#rows.words = this.#words = words;
    return raw;
  }

  /**
   * Take back the rows of a batch that was frozen here and that nobody has kept, for later events: making new arrays for each
   * batch cost a tenth of recording. Who kept it after all gets an error where it looks at an event.
   */
  takeBack(batch: EventBatch): void {
    const { codes, offsets, words } = takeRows(batch);
    const all = new Uint32Array(words.buffer);
    // A small batch has arrays of its own length, and what an odd one needed is not kept for ever.
    if (codes.buffer.byteLength !== BATCH_SIZE || all.length < START_WORDS || all.length > MOST_WORDS) return;
    this.#spare = { codes: new Uint8Array(codes.buffer), offsets: new Uint32Array(offsets.buffer), words: all };
  }

  /** A small batch does not keep room for a large one. */
  #copied(): RawBatch {
    return {
      codes: this.#codes.slice(0, this.#length),
      offsets: this.#offsets.slice(0, this.#length + 1),
      words: this.#words.slice(0, this.#used),
      strings: Object.freeze(this.#texts.texts),
    };
  }

  #reserve(code: number, width: number): number {
    if (this.isFull) throw new ToolError('internal/invariant', `a batch holds ${BATCH_SIZE} events; freeze it first.`);
    const at = this.#used;
    this.#used += width;
    while (this.#used > this.#words.length) {
      const grown = new Uint32Array(this.#words.length * 2);
      grown.set(this.#words);
      this.#words = grown;
      this.#rows.words = grown;
    }
    this.#codes[this.#length] = code;
    this.#offsets[this.#length] = at;
    this.#length++;
    this.#offsets[this.#length] = this.#used;
    return at;
  }

  #put(kind: string, at: number, value: unknown, type: string, name: string): void {
    const words = this.#words;
    if (typeof value === 'bigint' && kind !== 'pfn') return splitInto(words, at, value);
    if (typeof value === 'string' && kind === 'str') {
      words[at] = this.#texts.numberOf(value, 0);
      return;
    }
    if (typeof value === 'number' && value >= 0) {
      words[at] = value;
      if (kind === 'pfn') words[at + 1] = highWord(value);
      return;
    }
    if (typeof value === 'boolean') {
      words[at] = value ? 1 : 0;
      return;
    }
    if (kind === 'list' && Array.isArray(value)) {
      words[at] = value.length;
      for (let i = 0; i < value.length; i++) splitInto(words, at + 1 + 2 * i, value[i] as bigint);
      return;
    }
    throw new ToolError(
      'event/bad-field',
      `field ${name} of ${type} cannot be ${String(value)}.`,
      `It is of kind ${kind}.`,
    );
  }
}
