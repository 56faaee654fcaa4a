import { catalog, widthOf, type EventSpec } from '@kwind/events';

/** Where an event's row names a page-table page, an entry of it, or a slot; −1 where it does not. */
export interface TouchPlan {
  readonly table: number;
  readonly index: number;
  readonly slot: number;
}

/** By event code. */
export const touchPlans: (TouchPlan | undefined)[] = Array.from({ length: 256 });
for (const spec of catalog) touchPlans[spec.code] = planOf(spec);

function planOf(spec: EventSpec): TouchPlan | undefined {
  const plan = { table: -1, index: -1, slot: -1 };
  let skip = 0;
  for (const [name, kind] of Object.entries(spec.fields)) {
    if (name === 'table' && kind === 'pfn') plan.table = skip;
    if (name === 'index' && kind === 'u16') plan.index = skip;
    if (name === 'slot' && kind === 'u16') plan.slot = skip;
    skip += widthOf(kind);
  }
  return plan.table >= 0 || plan.slot >= 0 ? plan : undefined;
}

/** Codes of events that touch a page-table page, and of those that change a slot. */
export const tableCodes: readonly number[] = touchPlans.flatMap((plan, code) =>
  plan && plan.table >= 0 ? [code] : [],
);
export const slotCodes: readonly number[] = touchPlans.flatMap((plan, code) => (plan && plan.slot >= 0 ? [code] : []));

/** Slots share the table with frames: one table less is one page less in a small file. */
export const slotKey = (slot: number): number => -1 - slot;
/** Bit of the mask that an entry sets; an index that no page has is one of a damaged batch. */
export const entryOf = (index: number): number => index & 511;
