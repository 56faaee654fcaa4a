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

/** What the rows of one batch have in common, so that a view keeps two values: four took twice as long to make. */
export interface RowSource {
  readonly raw: RawBatch;
  readonly firstSeq: number;
  /** Left out where nobody asks. */
  readonly causeOf?: (index: number) => Cause;
}

/**
 * A read-only window on one row. Immutable by construction: the window has no setter and holds its place privately.
 * Subclasses, one an event type, get a getter for each field from the catalogue.
 */
class Row {
  // Filled in by `place`: a constructor with arguments costs three times as much through the classes below.
  #source!: RowSource;
  #index!: number;

  get seq(): number {
    return this.#source.firstSeq + this.#index;
  }
  get cause(): number {
    return this.#source.causeOf?.(this.#index).cause ?? -1;
  }
  get depth(): number {
    return this.#source.causeOf?.(this.#index).depth ?? 0;
  }

  static place(row: Row, source: RowSource, index: number): Row {
    row.#source = source;
    row.#index = index;
    return row;
  }
  static read<T>(row: Row, get: (raw: RawBatch, at: number) => T, skip: number): T {
    const { raw } = row.#source;
    return get(raw, raw.offsets[row.#index]! + skip);
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

function viewClass(spec: EventSpec): new () => Row {
  const View = class extends Row {};
  Object.defineProperty(View.prototype, 'type', { value: spec.type, enumerable: true });
  let skip = 0;
  for (const [name, kind] of Object.entries(spec.fields)) {
    const at = skip;
    const get = readers[kind];
    Object.defineProperty(View.prototype, name, {
      get(this: Row) {
        return Row.read(this, get, at);
      },
      enumerable: true,
    });
    skip += widthOf(kind);
  }
  return View;
}

const classes: (new () => Row)[] = [];
for (const spec of catalog) classes[spec.code] = viewClass(spec);

/** A fresh view of the row at `index`; its cause is asked for only when somebody looks. */
export function viewAt(source: RowSource, index: number): EventView {
  return Row.place(new classes[source.raw.codes[index]!]!(), source, index) as unknown as EventView;
}

/**
 * One reusable view an event type, for the fold alone: it moves under the hands of whoever keeps it.
 * Saves an allocation for each control event.
 */
export const viewsByCode: readonly (EventView | undefined)[] = classes.map(
  (View) => new View() as unknown as EventView,
);

export function moveView(view: EventView, source: RowSource, index: number): void {
  Row.place(view as unknown as Row, source, index);
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
