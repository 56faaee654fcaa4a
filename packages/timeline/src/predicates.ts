import { catalog, codesMatching, isEntryCode, type EventType } from '@kwind/events';
import type { MachineState } from '@kwind/state';
import type { Moment, Predicate, Source } from './types.ts';

const codesWith = (field: string): readonly number[] =>
  catalog.filter((spec) => field in spec.fields).map((spec) => spec.code);
const codesOf = (...types: readonly string[]): readonly number[] =>
  catalog.filter((spec) => types.includes(spec.type)).map((spec) => spec.code);

const entryCodes: readonly number[] = catalog.map((spec) => spec.code).filter(isEntryCode);
const tableCodes: readonly number[] = [...codesOf('table.allocated'), ...entryCodes];
const slotCodes = codesWith('slot');
const registerCodes = codesOf('cr3.loaded', 'cr4.written', 'register.written');
const variableCodes = codesOf('variable.set');

/** Events of some types, as a source for {@link Timeline.events} and searches. */
export const sourceOf = (...types: readonly EventType[]): readonly Source[] => [{ codes: codesOf(...types) }];

/** Events whose type matches a pattern: `pte.*`. */
export function typeMatches(pattern: string): Predicate {
  return { sources: [{ codes: codesMatching(pattern) }], test: () => true };
}

/** Neighbouring entries of one table. */
export interface EntrySpan {
  readonly table: number;
  readonly first: number;
  readonly last: number;
}

/** One entry of a table. */
export const entryAt = (table: number, index: number): EntrySpan => ({ table, first: index, last: index });

/** True when an event stores to one of the entries, or clears one by making a table of its page. */
function storesTo({ event, before }: Moment, spans: readonly EntrySpan[]): boolean {
  if (!('table' in event)) return false;
  const { table } = event;
  if ('index' in event)
    return spans.some((span) => span.table === table && span.first <= event.index && event.index <= span.last);
  return spans.some((span) => span.table === table && holdsAnything(before.pages, span));
}

function holdsAnything(pages: MachineState['pages'], { table, first, last }: EntrySpan): boolean {
  for (let index = first; index <= last; index++) if (pages.entry(table, index) !== 0n) return true;
  return false;
}

/** Stores to any of some entries. Batches that leave their tables alone are not unpacked. */
export function entriesChange(spans: readonly EntrySpan[]): Predicate {
  const sources = spans.map(({ table, first, last }): Source => ({
    codes: tableCodes,
    touch: first === last ? { table, index: first } : { table },
  }));
  const [span] = spans;
  const one =
    spans.length === 1 && span && span.first === span.last ? { table: span.table, index: span.first } : undefined;
  return { sources, ...(one && { storesTo: one }), test: (moment) => storesTo(moment, spans) };
}

/** Events about a slot. */
export function slotChanges(slot: number): Predicate {
  const sources: Source[] = [{ codes: slotCodes, touch: { slot } }];
  return { sources, test: ({ event }) => 'slot' in event && event.slot === slot };
}

/** Writes to a register: cr0, cr3, cr4, efer. */
export function registerChanges(name: string): Predicate {
  const nameOf = { 'cr3.loaded': 'cr3', 'cr4.written': 'cr4' } as const;
  return {
    sources: [{ codes: registerCodes }],
    test: ({ event }) =>
      (event.type === 'register.written' ? event.name : nameOf[event.type as keyof typeof nameOf]) === name,
  };
}

export function variableChanges(name: string): Predicate {
  return {
    sources: [{ codes: variableCodes }],
    test: ({ event }) => event.type === 'variable.set' && event.name === name,
  };
}

/** One or the other; each is asked only about events of its own sources. */
export function either(predicates: readonly Predicate[]): Predicate {
  const sources = predicates.flatMap((predicate) => predicate.sources ?? []);
  const all = predicates.some((predicate) => predicate.sources === undefined);
  return { ...(all ? {} : { sources }), test: (moment) => predicates.some((predicate) => isMetBy(predicate, moment)) };
}

/** Whether an event fulfils a predicate, wherever it was found. */
export function isMetBy(predicate: Predicate, moment: Moment): boolean {
  const isSource = predicate.sources?.some((source) => source.codes.includes(moment.code)) ?? true;
  return isSource && predicate.test(moment);
}
