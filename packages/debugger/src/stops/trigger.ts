import type { MachineState } from '@kwind/state';
import type { Predicate, Timeline } from '@kwind/timeline';
import type { Target } from '../targets/target.ts';

/** What a breakpoint or watchpoint waits for. */
export interface Trigger {
  /** As a person would write it again. */
  readonly what: string;
  /** Events that it may stop at, from where a machine stands. */
  predicate(view: MachineState): Predicate;
  /** The predicate holds only until its next event: it depends on tables that may be linked anew. */
  readonly follows: boolean;
  /** What it watches, for telling old and new. */
  readonly target?: Target;
  /** The last word on an event that the predicate named, where that needs more than the event. */
  confirm?(timeline: Timeline, seq: number): boolean;
}
