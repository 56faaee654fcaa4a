import type { PhysAddr, Pfn, Pte, Vaddr } from '@kwind/x86';

/**
 * Kinds of field and the value that a person sees. In a row each takes one u32 word, or two (low half first),
 * but `list`, which takes a count and two words an element and may only stand last.
 *
 * `pfn` is a page-table page: a frame number in code, the table's physical address in JSON.
 */
export interface FieldValues {
  readonly u16: number;
  readonly u32: number;
  readonly bool: boolean;
  readonly str: string;
  readonly u64: bigint;
  readonly vaddr: Vaddr;
  readonly phys: PhysAddr;
  readonly pte: Pte;
  readonly pfn: Pfn;
  readonly list: readonly bigint[];
}
export type FieldKind = keyof FieldValues;
export type Fields = Readonly<Record<string, FieldKind>>;

/** One declaration per fact: the object type, the row, the codec, the JSON form and `kwind events` come from it. */
export interface EventSpec<T extends string = string, F extends Fields = Fields> {
  readonly type: T;
  /** Number in stored rows, 1 to 255; never reused. */
  readonly code: number;
  /** What it means, in one sentence. */
  readonly doc: string;
  /** Kernel file and function (or manual) that it comes from. */
  readonly source: string;
  readonly fields: F;
}

export function defineEvent<const T extends string, const F extends Fields>(spec: EventSpec<T, F>): EventSpec<T, F> {
  return Object.freeze(spec);
}

export type EventOfSpec<S> =
  S extends EventSpec<infer T, infer F> ? { readonly type: T } & { readonly [K in keyof F]: FieldValues[F[K]] } : never;

const widths: Readonly<Record<FieldKind, 1 | 2>> = {
  u16: 1,
  u32: 1,
  bool: 1,
  str: 1,
  list: 1,
  u64: 2,
  vaddr: 2,
  phys: 2,
  pte: 2,
  pfn: 2,
};

/** Words that a field takes in a row; for a list, its count alone. */
export const widthOf = (kind: FieldKind): 1 | 2 => widths[kind];
