import type { TraceReader } from '@kwind/events';
import type { KernelProfile } from '@kwind/x86';

/** One of the two traces that are compared. */
export interface DiffSide {
  readonly reader: TraceReader;
  readonly profile: KernelProfile;
}

export interface DiffOptions {
  /** Field names that do not count: `phys`, or `call.entered.args`. */
  readonly ignore?: readonly string[];
  /** Only events of these codes count; calls stay as the frame around them. */
  readonly only?: readonly number[];
  /** Only events numbered so, on each side. */
  readonly range?: { readonly a: DiffRange; readonly b: DiffRange };
  /** Calls that are the same but elsewhere among their neighbours do not count. */
  readonly tolerateReorder?: boolean;
}

export interface DiffRange {
  readonly from: number;
  readonly to: number;
}

/** An event or a whole call on one side. */
export interface DiffItem {
  readonly seq: number;
  /** Last event of a call, else `seq`. */
  readonly end: number;
  readonly type: string;
  /** In the normalised words that were compared. */
  readonly text: string;
}

/** A field that differs, in normalised words. */
export interface FieldChange {
  readonly name: string;
  readonly a: string;
  readonly b: string;
}

/** One difference, at the innermost call where it can be told. */
export interface Difference {
  readonly kind: 'changed' | 'only-a' | 'only-b' | 'moved';
  readonly what: 'event' | 'call';
  readonly a?: DiffItem;
  readonly b?: DiffItem;
  /** Calls around it, outermost first, as `fn(args)`. */
  readonly path: readonly string[];
  readonly fields: readonly FieldChange[];
  /** The event on each side from which on they are the same again; absent when that never happens within the call. */
  readonly rejoin?: { readonly a: number; readonly b: number };
}

/** A distance that was taken out of the comparison: the kernel image lay elsewhere. */
export interface Slide {
  readonly what: string;
  readonly a: bigint;
  readonly b: bigint;
}

export interface TraceDiff {
  readonly same: boolean;
  readonly differences: readonly Difference[];
  /** Moved calls that `tolerateReorder` let pass. */
  readonly tolerated: number;
  readonly slides: readonly Slide[];
  readonly events: { readonly a: number; readonly b: number };
}
