import type { EventView } from '@kwind/events';
import { hex16 } from '@kwind/x86';
import { sourceOf, type Cursor, type Timeline } from '@kwind/timeline';
import type { WarningRow, WarningsView } from '../answers.ts';
import { callsOf, happeningOf } from '../explain.ts';
import { unpolled, type Poll } from '../interrupted.ts';
import { placeOf } from '../place.ts';

const trouble = sourceOf('warn.raised', 'bug.raised', 'fault.raised');

/** WARNs, BUGs and faults up to the position, each with its calls. */
export function warningsView(timeline: Timeline, { position, state }: Cursor, poll: Poll = unpolled): WarningsView {
  const warnings: WarningRow[] = [];
  for (const event of timeline.events(0, position, trouble)) {
    poll();
    const { fn, file } = happeningOf(timeline, event.seq, state);
    warnings.push({
      seq: event.seq,
      kind: kindOf(event),
      fn,
      file,
      message: messageOf(event),
      debug: event.type === 'warn.raised' && event.debug,
      calls: callsOf(timeline, event.seq),
    });
  }
  return { type: 'warnings', at: placeOf(timeline, position), warnings };
}

function kindOf({ type }: EventView): WarningRow['kind'] {
  if (type === 'fault.raised') return 'fault';
  return type === 'bug.raised' ? 'bug' : 'warn';
}

function messageOf(event: EventView): string {
  if (event.type === 'fault.raised') return `page fault on ${event.access} of ${hex16(event.vaddr)}: ${event.reason}`;
  return 'message' in event ? event.message : '';
}
