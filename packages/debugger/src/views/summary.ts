import { callChain, slotsInUse, tlbEntries } from '@kwind/state';
import { catalog } from '@kwind/events';
import type { Cursor, Timeline } from '@kwind/timeline';
import { sourceOf } from '@kwind/timeline/predicates';
import type { SummaryView } from '../answers.ts';
import { unpolled, type Poll } from '../interrupted.ts';
import { placeOf } from '../place.ts';

const slotEvents = sourceOf('slot.claimed', 'slot.released');

/** What happened up to a position, and what is left of it. */
export function summaryView(timeline: Timeline, { position, state }: Cursor, poll: Poll = unpolled): SummaryView {
  const counts = countEvents(timeline, position, poll);
  const cached = tlbEntries(state);
  const { warnings, bugs, faults } = state.control.trouble;
  return {
    type: 'summary',
    at: placeOf(timeline, position),
    header: timeline.reader.header,
    phase: state.control.phase,
    events: [...counts].map(([type, count]) => ({ type, count })).sort((a, b) => b.count - a.count),
    calls: state.counters.calls,
    openCalls: callChain(state).length,
    tables: state.pages.tables().length,
    slots: { inUse: slotsInUse(state), ...peakOfSlots(timeline, position, poll), total: state.control.slots.length },
    tlb: { entries: cached.length, stale: cached.filter((entry) => entry.stale).length },
    flushes: { pages: state.counters.pageFlushes, all: state.counters.flushes },
    trouble: { warnings, bugs, faults },
  };
}

/** Events by type, from the codes of the batches alone. */
function countEvents(timeline: Timeline, position: number, poll: Poll): ReadonlyMap<string, number> {
  const byCode = new Uint32Array(256);
  for (let seq = 0; seq < position;) {
    poll();
    const batch = timeline.batchOf(seq);
    const end = Math.min(batch.length, position - batch.firstSeq);
    for (let i = 0; i < end; i++) byCode[batch.codeAt(i)]!++;
    seq = batch.firstSeq + batch.length;
  }
  const counts = new Map<string, number>();
  for (const spec of catalog) if (byCode[spec.code]! > 0) counts.set(spec.type, byCode[spec.code]!);
  return counts;
}

/** The most slots that were in use at once, with the first position where they were. */
function peakOfSlots(timeline: Timeline, position: number, poll: Poll): { peak: number; peakAt: number } {
  const inUse = new Set<number>();
  let [peak, peakAt] = [0, 0];
  for (const event of timeline.events(0, position, slotEvents)) {
    poll();
    if (event.type === 'slot.released') inUse.delete(event.slot);
    else if (event.type === 'slot.claimed') {
      inUse.add(event.slot);
      if (inUse.size > peak) [peak, peakAt] = [inUse.size, event.seq + 1];
    }
  }
  return { peak, peakAt };
}
