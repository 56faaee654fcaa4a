import { slotsInUse } from '@kwind/state';
import type { Direction } from '@kwind/timeline';
import { changesOf } from './changes.ts';
import type { Core } from './core.ts';
import { callsOf, happeningOf } from './explain.ts';
import type { StopReason, Stopped } from './protocol.ts';

/** What there is to say where the session stands now. */
export function stopped(
  core: Core,
  direction: Direction,
  reason: StopReason,
  commands: readonly string[] = [],
): Stopped {
  const { timeline, cursor } = core;
  const { event } = core;
  const before = event === undefined ? cursor : timeline.step(cursor, -1);
  return {
    type: 'stopped',
    at: core.place,
    reason,
    direction,
    event: event === undefined ? null : happeningOf(timeline, event.seq, cursor.state),
    calls: event === undefined ? [] : callsOf(timeline, event.seq),
    changes: event === undefined ? [] : changesOf(timeline, event, before, cursor),
    slotsInUse: { before: slotsInUse(before.state), after: slotsInUse(cursor.state) },
    displays: core.displays.evaluate(core.scope, core.environment()),
    commands,
  };
}

export const moved: StopReason = Object.freeze({ kind: 'moved' });

/** Ran into an end of the history. */
export const edge = (direction: Direction): StopReason => ({
  kind: 'edge',
  edge: direction === 'forward' ? 'end' : 'start',
});
