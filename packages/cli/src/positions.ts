import { specOfType, type TraceReader } from '@kwind/events';
import { parsePosition, parseRange, type PositionContext, type PositionRange } from '@kwind/timeline';
import type { Position } from '@kwind/x86';

/** What positions on a command line may name: no `.` and no bookmarks, for nobody stands anywhere. */
export function positionContext(reader: TraceReader): PositionContext {
  let found: ReadonlyMap<string, number> | undefined;
  const phases = (): ReadonlyMap<string, number> => (found ??= phasesOf(reader));
  return { current: 0, length: reader.length, phase: (name) => phases().get(name), phases: () => [...phases().keys()] };
}

/** Position just after each phase was entered, the first time. */
function phasesOf(reader: TraceReader): ReadonlyMap<string, number> {
  const phases = new Map<string, number>();
  const { code } = specOfType('phase.entered')!;
  for (const { firstSeq } of reader.batchesWith([code], 0, 'forward')) {
    for (const event of reader.batchContaining(firstSeq)) {
      if (event.type === 'phase.entered' && !phases.has(event.name)) phases.set(event.name, event.seq + 1);
    }
  }
  return phases;
}

/**
 * The events that a text names: `A..B` is those that lead from position A to position B, a single position the event
 * that led to it.
 * @throws ToolError position/invalid
 */
export function eventsNamed(text: string, reader: TraceReader): PositionRange {
  const context = positionContext(reader);
  if (text.includes('..')) return parseRange(text, context);
  const to = parsePosition(text, context);
  return { from: Math.max(0, to - 1) as Position, to };
}
