import { ToolError } from '@kwind/x86';
import { sourceOf, type Timeline } from '@kwind/timeline';
import type { Poll } from './interrupted.ts';

const entered = sourceOf('call.entered');
const NAMED = /^line:\s*([0-9]{1,9})(?![0-9])/;
const ORIGIN = /:([0-9]+)$/;

/**
 * A position's text with `line:61` in it as the position that line 61 of the log, script or capture led to: the first call
 * that came from it, or from the last line before it that led to any.
 * @throws ToolError position/invalid when no call came from so early a line, and for a time; Interrupted
 */
export function withoutLine(text: string, timeline: Timeline, poll: Poll): string {
  const match = NAMED.exec(text.trim());
  if (match) return text.trim().replace(NAMED, String(positionOfLine(Number(match[1]), timeline, poll)));
  if (/^t\s*=/.test(text.trim())) throw noTimes(text.trim(), timeline);
  if (!text.trim().startsWith('line:')) return text;
  throw new ToolError('position/invalid', `"${text.trim()}" names no line.`, 'Write line:61.');
}

/** Why there is no time to go to, and what comes nearest. */
function noTimes(text: string, { reader }: Timeline): ToolError {
  const { kind, name } = reader.header.source;
  const why: Readonly<Record<string, string>> = {
    log: 'printk prints 0.000000 for as long as early_ioremap() is in use, so lines of the log have an order and no times.',
    capture: 'A capture notes the order of calls and no times.',
    script: 'A boot script has no clock.',
  };
  return new ToolError(
    'position/invalid',
    `"${text}" is a time, and the events of this trace carry none.`,
    `${why[kind] ?? 'Its source had none.'} goto line:61 goes to what line 61 of ${name} led to.`,
  );
}

function positionOfLine(wanted: number, timeline: Timeline, poll: Poll): number {
  let [nearest, position] = [0, 0];
  for (const event of timeline.events(0, timeline.length, entered)) {
    poll();
    const line = event.type === 'call.entered' ? Number(ORIGIN.exec(event.origin)?.[1] ?? 0) : 0;
    if (line === wanted) return event.seq + 1;
    if (line > nearest && line < wanted) [nearest, position] = [line, event.seq + 1];
  }
  if (nearest > 0) return position;
  const { name } = timeline.reader.header.source;
  throw new ToolError(
    'position/invalid',
    `no call of this trace came from line ${wanted} of ${name} or from one before it.`,
    'backtrace shows the line that a call came from.',
  );
}
