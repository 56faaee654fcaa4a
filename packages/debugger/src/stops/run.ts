import { codeOfType } from '@kwind/events';
import { either, isMetBy, type Direction, type Moment, type Predicate } from '@kwind/timeline';
import type { MachineState } from '@kwind/state';
import type { Core } from '../core.ts';
import { environmentOf } from './condition.ts';
import type { Stop } from './stop-list.ts';

export type Run =
  | { readonly kind: 'hit'; readonly seq: number; readonly stops: readonly Stop[] }
  | { readonly kind: 'edge' }
  | { readonly kind: 'interrupted' };

/** A stop's predicate with its condition in it, so that a search need not come up for each candidate. */
function armed(stop: Stop, view: MachineState): Predicate {
  const raw = stop.trigger.predicate(view);
  const { condition } = stop;
  // One that follows the tables must come up for every event of theirs, to look at them anew.
  if (condition === undefined || stop.trigger.follows) return raw;
  return { ...raw, test: (moment) => raw.test(moment) && condition.holds(environmentOf(moment)) };
}

/** To the nearest event that one of the stops stops at. Counts of hits and ignores are the caller's. */
export function runToStop(core: Core, from: number, direction: Direction, stops: readonly Stop[]): Run {
  if (stops.length === 0) return { kind: 'edge' };
  const { timeline, shouldStop } = core;
  for (let position = from; ;) {
    // Backward, the event under the feet has not happened yet for those who look at what came before it.
    const needsView = stops.some((stop) => stop.trigger.follows);
    const view = needsView
      ? core.cursorAt(direction === 'forward' ? position : Math.max(0, position - 1)).state
      : core.cursor.state;
    const predicates = stops.map((stop) => armed(stop, view));
    const found = timeline.find(position, either(predicates), direction, { shouldStop });
    if (found.kind !== 'hit') return found;
    const moment = momentAt(core, found.seq);
    const hit = stops.filter((stop, i) => isMetBy(predicates[i]!, moment) && isReal(core, stop, moment));
    if (hit.length > 0) return { kind: 'hit', seq: found.seq, stops: hit };
    position = found.seq + 1;
  }
}

function isReal(core: Core, stop: Stop, moment: Moment): boolean {
  if (stop.trigger.confirm?.(core.timeline, moment.seq) === false) return false;
  return !stop.trigger.follows || stop.condition === undefined || stop.condition.holds(environmentOf(moment));
}

function momentAt({ timeline }: Core, seq: number): Moment {
  const event = timeline.event(seq);
  return {
    seq: seq as Moment['seq'],
    code: codeOfType(event.type),
    event,
    get before() {
      return timeline.at(seq).state;
    },
    get after() {
      return timeline.at(seq + 1).state;
    },
  };
}
