import {
  toJson,
  type CallInfo,
  type Change,
  type Displayed,
  type Happening,
  type Hit,
  type RangeInfo,
  type Stopped,
  type StopReason,
  type TargetChange,
} from '@kwind/debugger';
import { assertNever, hex } from '@kwind/x86';
import { columnsOf, safe, wrapped } from '../terminal.ts';
import { innermost, tintType } from './event.ts';
import { askedBy, cachedText, entryText, happeningText, pathOf, placeText, slotText } from './happening.ts';
import type { Style } from './style.ts';
import { targetText, valueText } from './value.ts';

/** What stands on the screen after every movement: position first, then the fact, then where it comes from. */
export function renderStopped(stop: Stopped, style: Style): string[] {
  const reason = reasonLines(stop.reason, stop);
  if (stayed(stop.reason)) return reason;
  return [
    ...reason,
    ...eventLines(stop, style),
    ...[
      ...stop.changes.flatMap((change) => changeLines(change)).map((line) => `    ${line}`),
      ...stop.values.flatMap((change) => valueLine(change, stop)),
      ...slotLines(stop),
      ...stop.displays.map(displayLine),
    ].flatMap((line) => wrapped(line, style.width, CONTINUED)),
  ];
}

/** Nothing was moved, and what stands here was told when the session came. */
const stayed = ({ kind }: StopReason): boolean =>
  kind === 'interrupted' || kind === 'unchanged' || kind === 'no-more-visits';

function reasonLines(reason: StopReason, { direction }: Stopped): string[] {
  switch (reason.kind) {
    case 'moved':
      return [];
    case 'hit':
      return reason.hits.map(hitLine);
    case 'edge':
      return [
        direction === 'backward'
          ? 'No more reverse-execution history: this is the start.'
          : 'No more history: this is the end.',
      ];
    case 'unchanged':
      return [`Nothing ${direction === 'backward' ? 'before' : 'after'} this changed ${safe(reason.target)}.`];
    case 'no-more-visits':
      return [
        direction === 'backward' ? 'No place was visited before this one.' : 'No place was visited after this one.',
      ];
    case 'interrupted':
      return ['Interrupted; still here.'];
    default:
      return assertNever(reason, 'stop reason');
  }
}

function hitLine({ number, what, times, temporary }: Hit): string {
  if (number <= 0) return `Stopped at ${safe(what)}.`;
  return `${temporary ? 'Temporary breakpoint' : 'Breakpoint'} ${number}, ${safe(what)}${times > 1 ? `, hit ${times} times` : ''}`;
}

/** Position, type and what happened, then where. */
export function eventLines({ at, event, calls }: Pick<Stopped, 'at' | 'event' | 'calls'>, style: Style): string[] {
  const { paint, width } = style;
  if (event === null) return [`${placeText(at)}  power-on: nothing has happened yet`];
  const { type } = event.event;
  const name = event.name === '' ? '' : `(${safe(event.name)})`;
  const told = [placeText(at), type, happeningText(event), name].filter((text) => text !== '').join(GAP);
  const [first = '', ...more] = wrapped(told, width, INDENT);
  return [
    first.replace(type, () => tintType(type, paint)),
    ...more,
    ...whereLines(event, calls, width).map((line) => paint('dim', line)),
  ];
}

const GAP = '  ';
const BETWEEN = '   ';
const INDENT = '    ';
/** Before what did not fit on the line above. */
const CONTINUED = '         ';

/** Calls, kernel file, caller and origin. On a narrow screen the file goes, which the function tells, then outer calls. */
function whereLines({ file }: Happening, calls: readonly CallInfo[], width: number): string[] {
  const asked = askedBy(calls);
  const caller = asked === undefined || asked.caller === '' ? '' : safe(`from ${asked.caller}`);
  const place = [caller, safe(asked?.origin ?? '')];
  const names = pathOf(calls);
  const whole = [innermost(names, Infinity), safe(file), ...place].filter((text) => text !== '').join(BETWEEN);
  if (whole === '' || columnsOf(INDENT + whole) <= width) return whole === '' ? [] : [INDENT + whole];
  const room = width - columnsOf([INDENT, ...place].join(BETWEEN));
  const path = innermost(names, room) || (names.at(-1) ?? safe(file));
  return wrapped(INDENT + [path, ...place].filter((text) => text !== '').join(BETWEEN), width, CONTINUED);
}

/** What the event's own line does not say yet. */
export function changeLines(change: Change): string[] {
  switch (change.kind) {
    case 'entry':
      return [`was  ${entryText(change.before)}`, `now  ${entryText(change.after)}`];
    case 'slot':
      // Where its window lies is told by the event, and by nothing else here.
      if (slotText(change.before) === slotText(change.after)) return [];
      return [
        `was  slot ${change.slot}  ${slotText(change.before)}`,
        `now  slot ${change.slot}  ${slotText(change.after)}`,
      ];
    case 'tlb':
      return change.after === null
        ? [`dropped  ${change.before === null ? hex(change.vaddr) : cachedText(change.before)}`]
        : [`cached  ${cachedText(change.after)}`];
    case 'table':
    case 'register':
    case 'variable':
    case 'phase':
    case 'range':
    case 'value':
      return [];
    default:
      return assertNever(change, 'change');
  }
}

/** A change by itself, for lists of changes. */
export function changeText(change: Change): string {
  switch (change.kind) {
    case 'entry':
      return `${change.name === '' ? hex(change.table) : safe(change.name)}[${change.index}]  ${entryText(change.before)}  ->  ${entryText(change.after)}`;
    case 'slot':
      return `slot ${change.slot}  ${slotText(change.before)}  ->  ${slotText(change.after)}`;
    case 'tlb':
      return `tlb  ${change.before === null ? 'nothing' : cachedText(change.before)}  ->  ${change.after === null ? 'nothing' : cachedText(change.after)}`;
    case 'table':
      return `${change.level} table ${hex(change.table)}  ${safe(change.name)}`.trimEnd();
    case 'register':
    case 'variable':
      return `${safe(change.name)}  ${hex(change.before)} -> ${hex(change.after)}`;
    case 'phase':
      return `phase  ${safe(change.before)} -> ${safe(change.after)}`;
    case 'range':
      return `${change.what}  ${rangeText(change.before)}  ->  ${rangeText(change.after)}`;
    case 'value':
      return safe(`${change.path}  ${plainText(change.before)} -> ${plainText(change.after)}`);
    default:
      return assertNever(change, 'change');
  }
}

function rangeText(range: RangeInfo | null): string {
  return range === null ? 'nothing' : `${hex(range.start)}-${hex(range.end)}  ${safe(range.name)}`.trimEnd();
}

const plainText = (value: unknown): string => {
  if (typeof value === 'bigint') return hex(value);
  return value === null ? 'nothing' : JSON.stringify(toJson(value));
};

/** Old and new of what was watched, where the lines above do not tell it. */
function valueLine({ target, before, after }: TargetChange, { changes }: Stopped): string[] {
  const isShown = changes.some(({ kind }) => kind === 'entry' || kind === 'tlb');
  const isTold = before.kind !== 'value' && (before.kind !== 'translation' || isShown);
  return isTold ? [] : [`    ${safe(target)}  ${targetText(before)} -> ${targetText(after)}`];
}

function slotLines({ slotsInUse: { before, after } }: Stopped): string[] {
  return before === after ? [] : [`    slots in use ${before} -> ${after}`];
}

const displayLine = ({ number, expression, value }: Displayed): string =>
  `${number}: ${safe(expression)} = ${valueText(value)}`;
