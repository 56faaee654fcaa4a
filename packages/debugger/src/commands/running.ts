import type { Direction } from '@kwind/timeline';
import type { Core } from '../core.ts';
import type { Hit, Movement, Stopped } from '../protocol.ts';
import { edge, moved, stopped } from '../stopped.ts';
import { runToStop } from '../stops/run.ts';
import type { Stop } from '../stops/stop-list.ts';
import { isChange } from '../targets/target.ts';
import { askedTarget } from '../targets/parse.ts';
import { parseBreak } from './stops.ts';

type Of<D extends Movement['do']> = Extract<Movement, { do: D }>;

/** On to the `count`-th stop, or to the end of the history. */
export function resume(
  core: Core,
  { count, direction }: { readonly count: number; readonly direction: Direction },
): Stopped {
  let position = core.position;
  for (let left = count; ;) {
    const run = runToStop(core, position, direction, core.stops.enabled);
    if (run.kind === 'interrupted') return stopped(core, direction, run);
    if (run.kind === 'edge') return toEdge(core, direction);
    position = run.seq + 1;
    const counted = countHits(core, run.stops);
    if (counted.length === 0 || --left > 0) continue;
    return arriveAt(core, position, direction, counted);
  }
}

function toEdge(core: Core, direction: Direction): Stopped {
  core.moveTo(core.cursorAt(direction === 'forward' ? core.timeline.length : 0));
  return stopped(core, direction, edge(direction));
}

/** Count a hit on each stop; those left are the ones that it does not ignore. */
function countHits(core: Core, stops: readonly Stop[]): readonly Stop[] {
  return stops.filter((stop) => {
    const ignored = stop.ignore > 0;
    core.stops.change(stop.number, { hits: stop.hits + 1, ignore: ignored ? stop.ignore - 1 : 0 });
    return !ignored;
  });
}

function arriveAt(core: Core, position: number, direction: Direction, stops: readonly Stop[]): Stopped {
  core.moveTo(core.cursorAt(position));
  const hits = stops.map((stop): Hit => ({
    number: stop.number,
    what: stop.trigger.what,
    times: stop.hits + 1,
    temporary: stop.temporary,
  }));
  core.stops.remove(stops.filter((stop) => stop.temporary).map((stop) => stop.number));
  return stopped(
    core,
    direction,
    { kind: 'hit', hits },
    {
      commands: stops.flatMap((stop) => stop.commands),
      targets: stops.flatMap(({ trigger }) => (trigger.target ? [trigger.target] : [])),
    },
  );
}

/** On to the first event that a break specification names, or to a stop before it. */
export function until(core: Core, { spec, direction }: Of<'until'>): Stopped {
  const wanted = { ...parseBreak(spec, true, core), number: 0, enabled: true, hits: 0, ignore: 0, commands: [] };
  const run = runToStop(core, core.position, direction, [wanted, ...core.stops.enabled]);
  if (run.kind === 'interrupted') return stopped(core, direction, run);
  if (run.kind === 'edge') return toEdge(core, direction);
  const others = countHits(
    core,
    run.stops.filter((stop) => stop !== wanted),
  );
  if (others.length > 0) return arriveAt(core, run.seq + 1, direction, others);
  core.moveTo(core.cursorAt(run.seq + 1));
  return stopped(core, direction, moved);
}

/** Just after the nearest event that changed a target; stays where it is when there is none. */
export function toChange(core: Core, { do: verb, target: text }: Of<'last' | 'next-write'>): Stopped {
  const direction: Direction = verb === 'last' ? 'backward' : 'forward';
  const { timeline, shouldStop } = core;
  const target = askedTarget(text, core);
  for (let position = core.position; ;) {
    const view = core.cursorAt(direction === 'forward' ? position : Math.max(0, position - 1)).state;
    const found = timeline.find(position, target.changes(view), direction, { shouldStop });
    if (found.kind === 'interrupted') return stopped(core, direction, found);
    if (found.kind === 'edge') return stopped(core, direction, { kind: 'unchanged', target: target.title });
    position = found.seq + 1;
    if (!isChange(target, timeline, found.seq)) continue;
    core.moveTo(core.cursorAt(position));
    return stopped(core, direction, moved, { targets: [target] });
  }
}
