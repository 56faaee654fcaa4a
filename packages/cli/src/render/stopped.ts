import {
  toJson,
  type Change,
  type DebugValue,
  type Displayed,
  type Hit,
  type RangeInfo,
  type Stopped,
  type StopReason,
} from '@kwind/debugger';
import { assertNever, hex } from '@kwind/x86';
import { safe } from '../terminal.ts';
import { innermost, tintType } from './event.ts';
import { cachedText, entryText, happeningText, pathOf, placeText, slotText } from './happening.ts';
import type { Style } from './style.ts';

/** What stands on the screen after every movement: position first, then the fact, then where it comes from. */
export function renderStopped(stop: Stopped, style: Style): string[] {
  const reason = reasonLines(stop.reason, stop);
  if (stayed(stop.reason)) return reason;
  return [
    ...reason,
    ...eventLines(stop, style),
    ...stop.changes.flatMap((change) => changeLines(change)).map((line) => `    ${line}`),
    ...slotLines(stop),
    ...stop.displays.map(displayLine),
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

function eventLines({ at, event, calls }: Stopped, { paint, width }: Style): string[] {
  if (event === null) return [`${placeText(at)}  power-on: nothing has happened yet`];
  const { event: fact, file, name } = event;
  const outermost = calls.at(-1);
  const caller = outermost === undefined || outermost.caller === '' ? '' : `from ${outermost.caller}`;
  const place = [safe(file), safe(caller), safe(outermost?.origin ?? '')].filter((text) => text !== '').join('   ');
  const path = innermost(pathOf(calls), width - 4 - 3 - place.length);
  const where = [path, place].filter((text) => text !== '').join('   ');
  return [
    `${placeText(at)}  ${tintType(fact.type, paint)}  ${happeningText(event)}${name === '' ? '' : `  (${safe(name)})`}`,
    ...(where === '' ? [] : [`    ${paint('dim', where)}`]),
  ];
}

/** What the event's own line does not say yet. */
function changeLines(change: Change): string[] {
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

function slotLines({ slotsInUse: { before, after } }: Stopped): string[] {
  return before === after ? [] : [`    slots in use ${before} -> ${after}`];
}

const displayLine = ({ number, expression, value }: Displayed): string =>
  `${number}: ${safe(expression)} = ${valueText(value)}`;

/** The fields of a record and the items of a list stand on one line; what was left out is said. */
export function valueText(value: DebugValue): string {
  switch (value.kind) {
    case 'number':
      return value.show === 'dec' ? String(value.value) : hex(value.value);
    case 'boolean':
      return String(value.value);
    case 'text':
      return `"${safe(value.value)}"`;
    case 'none':
      return 'none';
    case 'record':
      return `${safe(value.name)} { ${value.fields.map((field) => `${safe(field.name)} = ${valueText(field.value)}`).join(', ')} }`.trimStart();
    case 'list':
      return `[${value.items.map(valueText).join(', ')}${value.leftOut === 0 ? '' : `, … ${value.leftOut} more`}]`;
    case 'error':
      return `<${safe(value.message)}>`;
    default:
      return assertNever(value, 'value');
  }
}
