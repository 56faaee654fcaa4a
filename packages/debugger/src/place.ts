import type { Timeline } from '@kwind/timeline';
import type { Place } from './protocol.ts';

/** A position within its trace. An empty trace is all there: 100 %. */
export function placeOf(timeline: Timeline, position: number): Place {
  const total = timeline.length;
  return Object.freeze({ position, total, percent: total === 0 ? 100 : (100 * position) / total });
}
