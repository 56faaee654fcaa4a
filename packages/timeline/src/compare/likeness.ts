import { codeOfType, isEntryCode, type EventView } from '@kwind/events';
import type { Part, Side } from './sides.ts';
import { hashText, mix } from './hash.ts';

const ENTERED = codeOfType('call.entered');

/** A number for a part on either side: equal for parts that may stand for each other. */
export interface Likeness {
  readonly a: (part: Part) => number;
  readonly b: (part: Part) => number;
}

/** Fields that say what an event is about, the best first. */
const subjects = ['name', 'slot', 'id', 'vaddr', 'fn', 'table', 'entry', 'start'];

/** What an event is about, whatever it says of it: an entry, a slot, a name, an address. */
function subjectOf(side: Side, event: EventView, code: number): string {
  const said = (name: string): string | undefined => side.canon.fieldOf(event, code, name);
  if (isEntryCode(code)) return `${event.type} ${said('table') ?? ''} ${said('index') ?? ''}`;
  for (const name of subjects) {
    const subject = said(name);
    if (subject !== undefined) return `${event.type} ${subject}`;
  }
  return `${event.type} `;
}

const isCall = (part: Part): boolean => part.call >= 0;

/** The key of a call, the subject of an event. */
const samePlace =
  (side: Side) =>
  (part: Part): number => {
    if (isCall(part)) return side.column.hashes[part.seq - side.column.range.from]!;
    const { event, code } = side.events.at(part.seq);
    return mix(hashText(subjectOf(side, event, code)), 1) >>> 0;
  };

/** The function of a call, the type of an event. */
const sameKind =
  (side: Side) =>
  (part: Part): number => {
    const { event, code } = side.events.at(part.seq);
    return code === ENTERED && event.type === 'call.entered' ? hashText(`call ${event.fn}`) : code;
  };

/** From the strongest to the weakest. */
export const likenesses = (a: Side, b: Side): readonly Likeness[] => [
  { a: samePlace(a), b: samePlace(b) },
  { a: sameKind(a), b: sameKind(b) },
];
