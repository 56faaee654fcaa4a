import { ToolError } from '@kwind/x86';
import { finishPosition, nextPosition, openCallAt, type Direction } from '@kwind/timeline';
import type { Core } from '../core.ts';
import type { Movement, Stopped } from '../protocol.ts';
import { edge, moved, stopped } from '../stopped.ts';

type Of<D extends Movement['do']> = Extract<Movement, { do: D }>;
type Counted = { readonly count: number; readonly direction: Direction };

/** Stand at a position, or at the end of the history where the movement ran out of it. */
function arrive(core: Core, position: number | undefined, direction: Direction): Stopped {
  const end = direction === 'forward' ? core.timeline.length : 0;
  const target = position ?? end;
  core.moveTo(core.near(target));
  return stopped(core, direction, position === undefined ? edge(direction) : moved);
}

/** One event at a time. */
export function step(core: Core, { count, direction }: Counted): Stopped {
  const wanted = core.position + (direction === 'forward' ? count : -count);
  const isInside = wanted >= 0 && wanted <= core.timeline.length;
  return arrive(core, isInside ? wanted : undefined, direction);
}

/** One event at this depth of calls at a time. */
export function next(core: Core, { count, direction }: Counted): Stopped {
  let position: number | undefined = core.position;
  for (let done = 0; done < count && position !== undefined; done++) {
    core.poll();
    position = nextPosition(core.timeline, position, direction);
  }
  return arrive(core, position, direction);
}

/** Out of the enclosing call, or of `count` of them: to just after its end, or to just before its begin. */
export function finish(core: Core, { count, direction }: Counted): Stopped {
  let call = openCallAt(core.timeline, core.position);
  if (call < 0) {
    throw new ToolError(
      'command/usage',
      `no call is open at position ${core.position}.`,
      'Step into one first; info calls lists them.',
    );
  }
  for (let level = 1; level < count; level++) {
    const outer = core.timeline.event(call).cause;
    if (outer < 0) break;
    call = outer;
  }
  return arrive(core, finishPosition(core.timeline, call, direction), direction);
}

export function goto(core: Core, { to }: Of<'goto'>): Stopped {
  const position = core.parsePosition(to);
  return arrive(core, position, position < core.position ? 'backward' : 'forward');
}

/** Through the places visited. */
export function revisit(core: Core, { do: verb, count }: Of<'back' | 'forward'>): Stopped {
  const { position, edge: isEdge } = core.visits.back(verb === 'back' ? count : -count);
  const direction: Direction = position < core.position ? 'backward' : 'forward';
  core.returnTo(core.cursorAt(position));
  return stopped(core, direction, isEdge ? { kind: 'no-more-visits' } : moved);
}
