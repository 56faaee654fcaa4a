import { specOfCode, catalog, type BootEvent } from './catalog/index.ts';
import type { RawBatch } from './batch.ts';
import { joinNumber, joinWords } from './words.ts';
import type { EventSpec, FieldKind } from './schema.ts';
import { widthOf } from './schema.ts';

/** A stored event: its fields, its number, the call that caused it and how many calls were open around it. */
export type EventView = BootEvent & {
  readonly seq: number;
  /** Seq of the innermost open call (for `call.returned`: of its own call.entered), or −1 at top level. */
  readonly cause: number;
  readonly depth: number;
};

export interface Cause {
  readonly cause: number;
  readonly depth: number;
}

/** What the rows of one batch have in common. */
export interface RowSource {
  readonly raw: RawBatch;
  readonly firstSeq: number;
  /** Left out where nobody asks. */
  readonly causeOf?: (index: number) => Cause;
}

/** Where a row lies. */
interface Place {
  source: RowSource;
  index: number;
  seq: number;
}

/**
 * A read-only window on one row. Immutable by construction: the window has no setter and holds its place privately.
 * Its class, one an event type, gets a getter for each field from the catalogue.
 */
interface Row {
  readonly seq: number;
}
interface RowClass {
  new (place: Place): Row;
  readonly prototype: Row;
  placeOf(row: Row): Place;
}

// Text for text the same four times: V8 makes and reads what a class has privately in a fifth of the time while it has seen few
// classes run that text, and nearly all of a boot are events of these three types. tools/bench guards it.
class StoreRow implements Row {
  readonly #place: Place;
  constructor(place: Place) {
    this.#place = place;
  }
  get seq(): number {
    return this.#place.seq;
  }
  static placeOf(row: StoreRow): Place {
    return row.#place;
  }
}
class EnteredRow implements Row {
  readonly #place: Place;
  constructor(place: Place) {
    this.#place = place;
  }
  get seq(): number {
    return this.#place.seq;
  }
  static placeOf(row: EnteredRow): Place {
    return row.#place;
  }
}
class ReturnedRow implements Row {
  readonly #place: Place;
  constructor(place: Place) {
    this.#place = place;
  }
  get seq(): number {
    return this.#place.seq;
  }
  static placeOf(row: ReturnedRow): Place {
    return row.#place;
  }
}
class OtherRow implements Row {
  readonly #place: Place;
  constructor(place: Place) {
    this.#place = place;
  }
  get seq(): number {
    return this.#place.seq;
  }
  static placeOf(row: OtherRow): Place {
    return row.#place;
  }
}

function list(raw: RawBatch, at: number): readonly bigint[] {
  const count = raw.words[at]!;
  const values: bigint[] = [];
  for (let i = 0; i < count; i++) values.push(joinWords(raw.words[at + 1 + 2 * i]!, raw.words[at + 2 + 2 * i]!));
  return values;
}

const wide = (raw: RawBatch, at: number): bigint => joinWords(raw.words[at]!, raw.words[at + 1]!);
const narrow = (raw: RawBatch, at: number): number => raw.words[at]!;

const readers: { readonly [K in FieldKind]: (raw: RawBatch, at: number) => unknown } = {
  u16: narrow,
  u32: narrow,
  bool: (raw, at) => raw.words[at] !== 0,
  str: (raw, at) => raw.strings.at(raw.words[at]!)!,
  u64: wide,
  vaddr: wide,
  phys: wide,
  pte: wide,
  pfn: (raw, at) => joinNumber(raw.words[at]!, raw.words[at + 1]!),
  list,
};

const often = new Map<string, RowClass>([
  ['pte.written', StoreRow],
  ['call.entered', EnteredRow],
  ['call.returned', ReturnedRow],
]);

function viewClass(spec: EventSpec): RowClass {
  const View = often.get(spec.type) ?? (class extends OtherRow {} as RowClass);
  const { placeOf } = View;
  const define = (name: string, get: (place: Place) => unknown, enumerable = true): void => {
    Object.defineProperty(View.prototype, name, {
      get(this: Row) {
        return get(placeOf(this));
      },
      enumerable,
    });
  };
  Object.defineProperty(View.prototype, 'type', { value: spec.type, enumerable: true });
  define('cause', ({ source, index }) => source.causeOf?.(index).cause ?? -1, false);
  define('depth', ({ source, index }) => source.causeOf?.(index).depth ?? 0, false);
  let skip = 0;
  for (const [name, kind] of Object.entries(spec.fields)) {
    const at = skip;
    const get = readers[kind];
    define(name, ({ source: { raw }, index }) => get(raw, raw.offsets[index]! + at));
    skip += widthOf(kind);
  }
  return View;
}

const classes: RowClass[] = [];
for (const spec of catalog) classes[spec.code] = viewClass(spec);

const CODES = [...often.keys()].map((type) => catalog.find((spec) => spec.type === type)!.code);
const [PTE_WRITTEN, CALL_ENTERED, CALL_RETURNED] = CODES;

function viewOf(code: number, place: Place): Row {
  if (code === PTE_WRITTEN) return new StoreRow(place);
  if (code === CALL_ENTERED) return new EnteredRow(place);
  if (code === CALL_RETURNED) return new ReturnedRow(place);
  return new classes[code]!(place);
}

/** A fresh view of the row at `index`; its cause is asked for only when somebody looks. */
export function viewAt(source: RowSource, index: number, seq: number): EventView {
  return viewOf(source.raw.codes[index]!, { source, index, seq }) as unknown as EventView;
}

const nowhere: RowSource = {
  raw: { codes: new Uint8Array(0), offsets: new Uint32Array(0), words: new Uint32Array(0), strings: [] },
  firstSeq: 0,
};
const movable = classes.map((_, code) => {
  const place: Place = { source: nowhere, index: 0, seq: 0 };
  return { place, view: viewOf(code, place) as unknown as EventView };
});

/**
 * A view of the row at `index`, for the fold alone: the next call for an event of its type moves it under the hands of whoever
 * keeps it. Saves an allocation for each control event.
 */
export function movedView(source: RowSource, index: number): EventView {
  const { place, view } = movable[source.raw.codes[index]!]!;
  place.source = source;
  place.index = index;
  place.seq = source.firstSeq + index;
  return view;
}

/** The fields of a view as a plain object: what a kernel function would have emitted. */
export function toEvent(view: EventView): BootEvent {
  const spec = specOfCode(codeOfType(view.type))!;
  const plain: Record<string, unknown> = { type: view.type };
  for (const name of Object.keys(spec.fields)) plain[name] = (view as unknown as Record<string, unknown>)[name];
  return plain as unknown as BootEvent;
}

const codes = new Map<string, number>(catalog.map((spec) => [spec.type, spec.code]));
export const codeOfType = (type: string): number => codes.get(type) ?? 0;
