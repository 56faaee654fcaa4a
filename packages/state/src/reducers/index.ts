import type { Level } from '@kwind/x86';
import type { EntryEventType, EventType } from '@kwind/events';
import type { MachineWriter } from '../writer.ts';
import { cpuReducers } from './cpu.ts';
import { e820Reducers } from './e820.ts';
import { earlyIoremapReducers } from './early-ioremap.ts';
import { resourceReducers } from './resource.ts';
import { tlbReducers } from './tlb.ts';
import { troubleReducers } from './trouble.ts';
import type { Reducers } from './types.ts';
import { vmallocReducers } from './vmalloc.ts';

const pagingReducers: Reducers<'table.allocated'> = {
  'table.allocated': (m, e) => m.pages.allocate({ table: e.table, level: e.level as Level | '', name: e.name }),
};

/**
 * Exhaustive: an event type without a reducer does not compile. Stores to entries and calls are not here;
 * reduce() applies them straight from the rows.
 */
export const reducers = {
  ...pagingReducers,
  ...earlyIoremapReducers,
  ...tlbReducers,
  ...cpuReducers,
  ...troubleReducers,
  ...resourceReducers,
  ...e820Reducers,
  ...vmallocReducers,
} satisfies Reducers<Exclude<EventType, EntryEventType | `call.${string}`>>;

export type ControlReducer = (machine: MachineWriter, event: never) => void;
