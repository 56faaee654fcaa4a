import type { EventView } from '@kwind/events';
import { openCallAt, sourceOf, type Cursor, type Timeline } from '@kwind/timeline';
import type { CallRow, CallsView } from '../answers.ts';
import { callInfo, callsOf } from '../explain.ts';
import { unpolled, type Poll } from '../interrupted.ts';
import { placeOf } from '../place.ts';

export interface CallFilter {
  /** Deepest level listed; 0 for the outermost calls only. */
  readonly depth: number;
  /** Function to list alone, or ''. */
  readonly fn: string;
}

const MAX_ROWS = 10_000;
const brackets = sourceOf('call.entered', 'call.returned');

type Row = { -readonly [K in keyof CallRow]: CallRow[K] };

/** Calls entered before the position with their results, and those that are open there. */
export function callsView(
  timeline: Timeline,
  { position }: Cursor,
  filter: CallFilter = { depth: 0, fn: '' },
  poll: Poll = unpolled,
): CallsView {
  const open = openCallAt(timeline, position);
  const { rows, leftOut } = rowsOf(timeline, 0, position, filter, poll);
  const calls = open < 0 ? [] : callsOf(timeline, open);
  return { type: 'calls', at: placeOf(timeline, position), open: calls, calls: rows, leftOut };
}

/** Calls entered in a range of events, as they stand at its end. */
export function rowsOf(
  timeline: Timeline,
  from: number,
  to: number,
  filter: CallFilter,
  poll: Poll = unpolled,
): { rows: readonly CallRow[]; leftOut: number } {
  const rows: Row[] = [];
  const pending = new Map<number, Row>();
  let leftOut = 0;
  const isWanted = (event: EventView): boolean =>
    event.type === 'call.entered' && event.depth <= filter.depth && (filter.fn === '' || event.fn === filter.fn);
  for (const event of timeline.events(from, to, brackets)) {
    poll();
    if (event.type === 'call.returned') close(pending, event);
    else if (isWanted(event)) {
      if (rows.length >= MAX_ROWS) {
        leftOut++;
        continue;
      }
      const row: Row = {
        ...callInfo(timeline, event.seq),
        depth: event.depth,
        returned: null,
        result: null,
        events: to - event.seq - 1,
      };
      rows.push(row);
      pending.set(event.seq, row);
    }
  }
  return { rows, leftOut };
}

function close(pending: Map<number, Row>, event: Extract<EventView, { type: 'call.returned' }>): void {
  const row = pending.get(event.cause);
  if (!row) return;
  row.returned = event.seq;
  row.result = event.result;
  row.events = event.seq - row.seq - 1;
  pending.delete(event.cause);
}
