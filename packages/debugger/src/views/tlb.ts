import { tlbEntries } from '@kwind/state';
import type { Cursor, Timeline } from '@kwind/timeline';
import type { TlbInfoView } from '../answers.ts';
import { placeOf } from '../place.ts';
import { cachedInfo } from './walk.ts';

/** What the TLB holds, by rising address; stale where the tables by now say otherwise. */
export function tlbView(timeline: Timeline, { position, state }: Cursor): TlbInfoView {
  return {
    type: 'tlb',
    at: placeOf(timeline, position),
    entries: tlbEntries(state).map((entry) => cachedInfo(state, entry)),
  };
}
