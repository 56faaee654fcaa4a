import type { Cursor, Timeline } from '@kwind/timeline';
import type { EventInfoView } from '../answers.ts';
import { changesOf } from '../changes.ts';
import { callsOf, happeningOf } from '../explain.ts';
import { placeOf } from '../place.ts';

/** The event that made a state, with all that it says and all that it changed. */
export function eventView(timeline: Timeline, after: Cursor): EventInfoView {
  const { position } = after;
  const at = placeOf(timeline, position);
  if (position === 0) return { type: 'event', at, event: null, calls: [], changes: [] };
  const event = timeline.event(position - 1);
  return {
    type: 'event',
    at,
    event: happeningOf(timeline, event.seq, after.state),
    calls: callsOf(timeline, event.seq),
    changes: changesOf(timeline, event, timeline.step(after, -1), after),
  };
}
