/** What a tracer saw of a real kernel, as the importer read it. Nothing here is decided by the model. */

/** A `struct resource` as it was read when a call was entered. */
export interface CaptureResource {
  readonly pointer: bigint;
  readonly start: bigint;
  /** Last byte, inclusive. */
  readonly end: bigint;
  /** '' stands for NULL. */
  readonly name: string;
  readonly flags: bigint;
  /** Set when it is one of the two roots. */
  readonly root?: 'iomem' | 'ioport';
}

/**
 * How the end of a call is known: by a return record, because a tracer made it return at once, because a later record shows
 * that it had ended, or not at all.
 */
export type CaptureEnd = 'returned' | 'skipped' | 'inferred' | 'open';

/** One call that a tracer saw, with the calls that it saw inside. */
export interface CaptureCall {
  /** Number of its record. */
  readonly n: number;
  /** `capture.jsonl:118`. */
  readonly origin: string;
  readonly fn: string;
  /** Registers: the upper half of a 32-bit argument may hold anything. */
  readonly args: readonly bigint[];
  /** Return addresses found on the stack, nearest first, as `symbol+0xoffset`. */
  readonly stack: readonly string[];
  readonly resources: readonly CaptureResource[];
  /** The name argument of functions that have one; undefined when the record has none. */
  readonly name: string | undefined;
  readonly end: CaptureEnd;
  /** What the call returned, if that was seen; of a void function it means nothing. */
  readonly result: bigint | undefined;
  /** Number of the last record that belongs to it. */
  readonly lastRecord: number;
  readonly inner: readonly CaptureCall[];
}

/** Something about a capture that a reader should know. `n` is the record it is about, −1 for the whole. */
export interface CaptureNote {
  readonly kind:
    | 'cut'
    | 'lost-records'
    | 'order'
    | 'return-without-call'
    | 'skipped'
    | 'missing-key'
    | 'recorded-twice'
    | 'unknown-record';
  readonly n: number;
  readonly text: string;
}

export interface Capture {
  readonly name: string;
  /** Calls that no seen call contains, in the order in which the kernel made them. */
  readonly calls: readonly CaptureCall[];
  readonly nrRecords: number;
  readonly notes: readonly CaptureNote[];
  /** Functions that kwind does not know, with their number of calls; they are kept as they are. */
  readonly unknown: readonly { readonly fn: string; readonly calls: number }[];
}

export type CaptureLevel = 'pte' | 'pmd' | 'pud' | 'p4d' | 'pgd';

/** What a capture says happened, in order: the first road into a trace. Each names the call that it was read from. */
export type CaptureFact =
  | { readonly kind: 'call-entered' | 'call-left'; readonly call: CaptureCall }
  | { readonly kind: 'phase-entered'; readonly call: CaptureCall; readonly name: string }
  /** A store to an entry; `level` is the function's, and with 4 levels a p4d entry stands in the root. */
  | {
      readonly kind: 'entry-stored';
      readonly call: CaptureCall;
      readonly level: CaptureLevel;
      readonly pointer: bigint;
      readonly value: bigint;
    }
  | { readonly kind: 'page-flushed'; readonly call: CaptureCall; readonly vaddr: bigint }
  | { readonly kind: 'flushed'; readonly call: CaptureCall; readonly scope: 'non-global' | 'all' }
  | { readonly kind: 'range-flushed'; readonly call: CaptureCall; readonly start: bigint; readonly end: bigint }
  | { readonly kind: 'root-loaded'; readonly call: CaptureCall; readonly value: bigint }
  | { readonly kind: 'slots-based'; readonly call: CaptureCall }
  /** Before and after the stores of an early mapping. `vaddr` is 0 when it was refused, undefined when nobody saw. */
  | {
      readonly kind: 'slot-asked' | 'slot-mapped';
      readonly call: CaptureCall;
      readonly phys: bigint;
      readonly size: bigint;
      readonly vaddr: bigint | undefined;
    }
  | { readonly kind: 'slot-unmapped'; readonly call: CaptureCall; readonly vaddr: bigint; readonly size: bigint }
  | { readonly kind: 'resource-call'; readonly call: CaptureCall }
  /** What the call does to page tables and TLB follows from it, as far as no record inside it was seen. */
  | { readonly kind: 'effects-follow'; readonly call: CaptureCall }
  /** An area of the vmalloc range was taken for device memory; `end` is without the guard page. */
  | {
      readonly kind: 'area-mapped';
      readonly call: CaptureCall;
      readonly start: bigint;
      readonly end: bigint;
      readonly phys: bigint;
      readonly caller: string;
    }
  | { readonly kind: 'area-unmapped'; readonly call: CaptureCall; readonly vaddr: bigint };
