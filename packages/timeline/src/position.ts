import { didYouMean, ToolError, type Position } from '@kwind/x86';

/** What a position's text is read against. */
export interface PositionContext {
  readonly current: number;
  readonly length: number;
  /** Position of a bookmark, and the names there are, for a suggestion. */
  readonly bookmark?: (name: string) => number | undefined;
  readonly bookmarks?: readonly string[];
  /** Position just after a phase was entered; asked only when a text names one. */
  readonly phase?: (name: string) => number | undefined;
  readonly phases?: () => readonly string[];
  /** True for a trace whose events carry times. None does yet. */
  readonly hasClock?: boolean;
}

/** A half-open range of positions; as events: those numbered `from` to `to − 1`. */
export interface PositionRange {
  readonly from: Position;
  readonly to: Position;
}

const FORMS = 'Write a number, start, end, end-10, .+5, .-5, 37.5%, @bookmark, line:N or phase:NAME.';
const withOffset = /^(.*?)(?:\s*([+-])\s*([0-9][0-9_]*))?$/s;

/** No place has a longer name; reading on would take a time that grows with the square of the length. */
const LONGEST = 200;

const refuse = (message: string, hint: string): ToolError => new ToolError('position/invalid', message, hint);

/**
 * Read one position: `1204`, `#1204`, `start`, `end`, `end-10`, `.`, `.+5`, `.-5`, `37.5%`, `@name`, `phase:NAME`, each but
 * the percentage with `+n` or `-n` behind it.
 * @throws ToolError position/invalid
 */
export function parsePosition(text: string, context: PositionContext): Position {
  const trimmed = shortOf(text);
  if (/^t\s*=/.test(trimmed) && context.hasClock !== true) {
    throw refuse(
      `"${trimmed}" is a time, and the events of this trace carry none.`,
      `A simulated boot has no clock. ${FORMS}`,
    );
  }
  const percent = /^([0-9]+(?:\.[0-9]+)?)\s*%$/.exec(trimmed);
  if (percent) return ofPercent(Number(percent[1]), trimmed, context);
  const whole = baseOf(trimmed, context);
  if (whole !== undefined) return inRange(whole, trimmed, context);
  const match = withOffset.exec(trimmed)!;
  const base = match[2] === undefined ? undefined : baseOf(match[1]!.trim(), context);
  if (base === undefined) throw unknown(trimmed, context);
  const offset = Number(match[3]!.replaceAll('_', ''));
  return inRange(match[2] === '-' ? base - offset : base + offset, trimmed, context);
}

function shortOf(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length <= LONGEST) return trimmed;
  throw refuse(`"${trimmed.slice(0, 20)}…", of ${trimmed.length} letters, is not a position.`, FORMS);
}

function ofPercent(percent: number, text: string, context: PositionContext): Position {
  if (percent > 100) throw refuse(`"${text}" is more than the whole trace.`, 'A percentage is 0% to 100%.');
  return Math.round((percent * context.length) / 100) as Position;
}

/** Position of a text without an offset, or undefined when it is no such text. */
function baseOf(text: string, context: PositionContext): number | undefined {
  const number = /^#?([0-9][0-9_]*)$/.exec(text)?.[1];
  if (number !== undefined) return Number(number.replaceAll('_', ''));
  if (text === '.') return context.current;
  if (text === 'start') return 0;
  if (text === 'end') return context.length;
  if (text.startsWith('@')) return context.bookmark?.(text.slice(1));
  if (text.startsWith('phase:')) return context.phase?.(text.slice('phase:'.length));
  return undefined;
}

function inRange(position: number, text: string, context: PositionContext): Position {
  if (position >= 0 && position <= context.length) return position as Position;
  const place = /^#?[0-9_]+$/.test(text) ? `position ${position}` : `"${text}", position ${position},`;
  throw refuse(`${place} lies outside the trace.`, `Positions run from 0 (power-on) to ${context.length} (the end).`);
}

function unknown(text: string, context: PositionContext): ToolError {
  if (text.startsWith('@')) {
    const names = context.bookmarks ?? [];
    return refuse(
      `there is no bookmark "${text.slice(1)}".`,
      didYouMean(text.slice(1), names, 'info bookmarks lists them.'),
    );
  }
  if (text.startsWith('phase:')) {
    const name = text.slice('phase:'.length);
    const names = context.phases?.() ?? [];
    const all = names.length === 0 ? 'The trace names no phases.' : `The trace enters ${names.join(', ')}.`;
    return refuse(`the boot never reaches a phase "${name}".`, didYouMean(name, names, all));
  }
  if (/^[+-][0-9]+$/.test(text)) return refuse(`"${text}" is not a position.`, `From here it is .${text}.`);
  return refuse(`"${text}" is not a position.`, didYouMean(text, ['start', 'end'], FORMS));
}

/**
 * Read a range: `A..B` half-open, `A..` to the end, `..B` from the start, or one position for a single event.
 * @throws ToolError position/invalid
 */
export function parseRange(text: string, context: PositionContext): PositionRange {
  if (text.length > 2 * LONGEST) shortOf(text);
  let failure: unknown;
  // A position may begin with a dot itself, as in `...end` and `.-5...+5`: the first split that leaves two positions counts.
  for (let at = text.indexOf('..'); at >= 0; at = text.indexOf('..', at + 1)) {
    try {
      return rangeOf(text.slice(0, at).trim(), text.slice(at + 2).trim(), text, context);
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  const from = parsePosition(text, context);
  return { from, to: Math.min(from + 1, context.length) as Position };
}

function rangeOf(left: string, right: string, text: string, context: PositionContext): PositionRange {
  const from = left === '' ? (0 as Position) : parsePosition(left, context);
  const to = right === '' ? (context.length as Position) : parsePosition(right, context);
  if (from <= to) return { from, to };
  throw refuse(`the range "${text.trim()}" ends at ${to}, before its start ${from}.`, `Turn it round: ${to}..${from}.`);
}
