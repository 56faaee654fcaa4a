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

/**
 * A read-only window on one row. Immutable by construction: the window has no setter and holds its place privately.
 * Subclasses, one an event type, get a getter for each field from the catalogue.
 */
class Row {
  #raw!: RawBatch;
  #offset = 0;
  #seq = 0;
  #cause: (() => Cause) | undefined;

  get seq(): number {
    return this.#seq;
  }
  get cause(): number {
    return this.#cause?.().cause ?? -1;
  }
  get depth(): number {
    return this.#cause?.().depth ?? 0;
  }

  static place(row: Row, raw: RawBatch, offset: number, seq: number, cause?: () => Cause): Row {
    row.#raw = raw;
    row.#offset = offset;
    row.#seq = seq;
    row.#cause = cause;
    return row;
  }
  static read<T>(row: Row, get: (raw: RawBatch, at: number) => T, skip: number): T {
    return get(row.#raw, row.#offset + skip);
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
  str: (raw, at) => raw.strings[raw.words[at]!]!,
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

/** A fresh view of the row at `offset`; `cause` is asked only when somebody looks. */
export function viewAt(raw: RawBatch, code: number, offset: number, seq: number, cause: () => Cause): EventView {
  return Row.place(new classes[code]!(), raw, offset, seq, cause) as unknown as EventView;
}

/**
 * One reusable view an event type, for the fold alone: it moves under the hands of whoever keeps it.
 * Saves an allocation for each control event.
 */
export const viewsByCode: readonly (EventView | undefined)[] = classes.map(
  (View) => new View() as unknown as EventView,
);

export function moveView(view: EventView, raw: RawBatch, offset: number, seq: number): void {
  Row.place(view as unknown as Row, raw, offset, seq);
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
