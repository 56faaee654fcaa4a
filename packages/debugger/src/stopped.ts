import { slotsInUse } from '@kwind/state';
import type { Cursor, Direction, Timeline } from '@kwind/timeline';
import { changesOf } from './changes.ts';
import type { Core } from './core.ts';
import { callsOf, happeningOf } from './explain.ts';
import type { StopReason, Stopped, TargetChange } from './protocol.ts';
import { sameValue, type Target } from './targets/target.ts';

interface StoppedMore {
  /** Lines that want to be run. */
  readonly commands?: readonly string[];
  /** What the event here may have changed. */
  readonly targets?: readonly Target[];
}

/** What there is to say where the session stands now. */
export function stopped(
  core: Core,
  direction: Direction,
  reason: StopReason,
  { commands = [], targets = [] }: StoppedMore = {},
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
    values: targets.flatMap((target) => changeOf(target, timeline, before, cursor)),
    displays: core.displays.evaluate(core.scope, core.environment()),
    commands,
  };
}

function changeOf(target: Target, timeline: Timeline, from: Cursor, to: Cursor): readonly TargetChange[] {
  const [before, after] = [target.value(timeline, from), target.value(timeline, to)];
  return sameValue(before, after) ? [] : [{ target: target.title, before, after }];
}

export const moved: StopReason = Object.freeze({ kind: 'moved' });

/** Ran into an end of the history. */
export const edge = (direction: Direction): StopReason => ({
  kind: 'edge',
  edge: direction === 'forward' ? 'end' : 'start',
});
