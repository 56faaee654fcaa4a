import type { EventOfSpec, EventSpec } from '../schema.ts';
import { accessEvents } from './access.ts';
import { callEvents } from './call.ts';
import { cpuEvents } from './cpu.ts';
import { e820Events } from './e820.ts';
import { earlyIoremapEvents } from './early-ioremap.ts';
import { pagingEvents } from './paging.ts';
import { resourceEvents } from './resource.ts';
import { tlbEvents } from './tlb.ts';
import { troubleEvents } from './trouble.ts';
import { vmallocEvents } from './vmalloc.ts';

/** Every fact that kwind knows, in the order of their codes. */
export const catalog = [
  ...pagingEvents,
  ...earlyIoremapEvents,
  ...tlbEvents,
  ...accessEvents,
  ...cpuEvents,
  ...callEvents,
  ...troubleEvents,
  ...resourceEvents,
  ...e820Events,
  ...vmallocEvents,
] as const;

type CatalogSpec = (typeof catalog)[number];
/** A fact as an object: what kernel functions emit. Discriminated on `type`. */
export type BootEvent = EventOfSpec<CatalogSpec>;
export type EventType = BootEvent['type'];
export type EventOf<T extends EventType> = Extract<BootEvent, { type: T }>;

export type EntryEventType = Extract<EventType, `${'pte' | 'pmd' | 'pud' | 'p4d' | 'pgd'}.${string}`>;

const byCode: (EventSpec | undefined)[] = [];
const byType = new Map<string, EventSpec>();
for (const spec of catalog) {
  byCode[spec.code] = spec;
  byType.set(spec.type, spec);
}

export const specOfCode = (code: number): EventSpec | undefined => byCode[code];
export const specOfType = (type: string): EventSpec | undefined => byType.get(type);

/** Codes 0x10 to 0x1f are stores to page-table entries; their rows have one layout, which the fold relies on. */
export const isEntryCode = (code: number): boolean => (code & 0xf0) === 0x10;
