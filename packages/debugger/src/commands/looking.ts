import type { BacktraceAnswer, DiffAnswer, ListAnswer, PositionAnswer, PrintAnswer } from '../answers.ts';
import { differences } from '../changes.ts';
import type { Core } from '../core.ts';
import { callsOf, happeningOf } from '../explain.ts';
import { placeOf } from '../place.ts';
import type { Question } from '../protocol.ts';
import { evaluateText } from '../values.ts';

type Of<D extends Question['do']> = Extract<Question, { do: D }>;

const LIST_LENGTH = 11;
const MOST_LISTED = 1000;
const MOST_DIFFERENCES = 2000;

export function when(core: Core): PositionAnswer {
  return { type: 'position', ...core.place, phase: core.cursor.state.control.phase };
}

/** The event that made a position in the middle of its neighbours. */
export function list(core: Core, { at, count }: Of<'list'>): ListAnswer {
  const { timeline } = core;
  const position = at === '' ? core.position : core.parsePosition(at);
  const length = Math.min(count === 0 ? LIST_LENGTH : count, MOST_LISTED, timeline.length);
  const first = Math.min(Math.max(0, position - 1 - Math.floor(length / 2)), timeline.length - length);
  core.cursorAt(first + length);
  const rows = Array.from({ length }, (_, i) => ({
    ...happeningOf(timeline, first + i),
    here: first + i === position - 1,
  }));
  return { type: 'list', at: placeOf(timeline, position), rows };
}

export function backtrace(core: Core): BacktraceAnswer {
  const { event } = core;
  return { type: 'backtrace', at: core.place, calls: event === undefined ? [] : callsOf(core.timeline, event.seq) };
}

const shows = { x: 'hex', d: 'dec', t: 'bin' } as const;

export function print(core: Core, { expression, format = '' }: Of<'print'>): PrintAnswer {
  const value = evaluateText(expression, core.scope, core.environment());
  const show = Object.hasOwn(shows, format) ? shows[format as keyof typeof shows] : undefined;
  const shown = value.kind === 'number' && show !== undefined ? { ...value, show } : value;
  return { type: 'value', at: core.place, expression, value: shown };
}

/** What differs between two positions, told in the order of time whichever is named first. */
export function diff(core: Core, { from, to }: Of<'diff'>): DiffAnswer {
  const { timeline } = core;
  const [early, late] = [core.parsePosition(from), core.parsePosition(to)].sort((a, b) => a - b) as [number, number];
  const changes = differences(timeline, core.cursorAt(early), core.cursorAt(late), core.poll);
  const shown = changes.slice(0, MOST_DIFFERENCES);
  return {
    type: 'diff',
    from: placeOf(timeline, early),
    to: placeOf(timeline, late),
    changes: shown,
    leftOut: changes.length - shown.length,
  };
}
