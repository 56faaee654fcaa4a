import type { Position, Seq } from '@kwind/x86';
import type { EventView } from '@kwind/events';
import type { MachineState } from '@kwind/state';

/** Which way in time. */
export type Direction = 'forward' | 'backward';

/** A place in history with the machine as it stood there. A value: keep as many as you like. */
export interface Cursor {
  readonly position: Position;
  readonly state: MachineState;
}

/** What a batch is known to store to, without unpacking it. `index` narrows a table where the store can tell. */
export interface Touch {
  readonly table?: number;
  readonly index?: number;
  readonly slot?: number;
}

/** Where events of interest can be: those of `codes`, in the batches that touch something if `touch` is given. */
export interface Source {
  readonly codes: readonly number[];
  readonly touch?: Touch;
}

/**
 * An event that a search looks at, with the machine on both sides of it; what is asked of the machine is made then. Good
 * while it is tested: the search moves event and machine on to the next, so keep neither.
 */
export interface Moment {
  readonly seq: Seq;
  /** Code of the event's type. */
  readonly code: number;
  readonly event: EventView;
  readonly before: MachineState;
  readonly after: MachineState;
}

/** What a search looks for. */
export interface Predicate {
  /** Only events of one of these are tested; left out, all are. */
  readonly sources?: readonly Source[];
  /**
   * The hits are the stores to this entry, and what empties it by making a table of its page: so one who knows where these
   * are need not test them.
   */
  readonly storesTo?: { readonly table: number; readonly index: number };
  test(moment: Moment): boolean;
}

export interface SeekOptions {
  /** Asked many times a second; true ends the search with `interrupted`. */
  readonly shouldStop?: (() => boolean) | undefined;
  /** Event behind which a search does not look: the last one forward, the first one backward. */
  readonly limit?: number | undefined;
}

/** What a search found, without the state there. */
export type Found =
  | { readonly kind: 'hit'; readonly seq: Seq }
  | { readonly kind: 'edge' }
  | { readonly kind: 'interrupted' };

/** How a search ended. `edge`: it met an end of the history (or the limit) and stands there. */
export type Seek =
  | { readonly kind: 'hit'; readonly cursor: Cursor; readonly seq: Seq }
  | { readonly kind: 'edge'; readonly cursor: Cursor }
  /** Stopped from outside; the cursor is the one it started from. */
  | { readonly kind: 'interrupted'; readonly cursor: Cursor };
