import type { Canon } from './canon.ts';
import type { Column } from './column.ts';
import type { EventsAt } from './events-at.ts';
import type { Difference } from './types.ts';

/** One side, as the comparison sees it. */
export interface Side {
  readonly events: EventsAt;
  readonly canon: Canon;
  readonly column: Column;
}

/** A part that found no partner, or another than itself. */
export interface Part {
  readonly seq: number;
  readonly id: number;
  /** Number of the call, −1 for an event. */
  readonly call: number;
}

/** A difference that may still turn out to be half of a move. */
export type Open = { -readonly [K in keyof Difference]: Difference[K] } & {
  readonly whole?: number;
  readonly gone?: Part;
};
