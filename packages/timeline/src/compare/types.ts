export interface DiffOptions {
  /** Field names that do not count: `phys`, or `call.entered.args`. */
  readonly ignore?: readonly string[];
  /** Only events of these codes count; calls stay as the frame around them. */
  readonly only?: readonly number[];
  /** Only events numbered so, on each side. */
  readonly range?: { readonly a: DiffRange; readonly b: DiffRange };
  /** Calls that are the same but elsewhere do not count, as long as nothing that they passed has to do with them. */
  readonly tolerateReorder?: boolean;
}

export interface DiffRange {
  readonly from: number;
  readonly to: number;
}

/** An event, a whole call, or a stretch of events, on one side. */
export interface DiffItem {
  readonly seq: number;
  /** Last event of a call or a stretch, else `seq`. */
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
  /** A stretch is a long run of events that has nothing in common with the other side. */
  readonly what: 'event' | 'call' | 'stretch';
  readonly a?: DiffItem;
  readonly b?: DiffItem;
  /** Where it stands on each side: the item's own seq, or before which event it is missing. */
  readonly at: { readonly a: number; readonly b: number };
  /** Calls around it, outermost first, as `fn(args)`. */
  readonly path: readonly string[];
  readonly fields: readonly FieldChange[];
  /** What differs within a call that was itself called otherwise. */
  readonly inside: readonly Difference[];
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
  /** The kernel image is another build: places in its code were not compared. */
  readonly rebuilt: boolean;
  /** Stores for patching text that another build made in other places, and that were left out. */
  readonly patches: { readonly a: number; readonly b: number };
  readonly events: { readonly a: number; readonly b: number };
}
