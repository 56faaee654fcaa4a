import { hex, tableSymbol, type KernelProfile, type Pfn } from '@kwind/x86';
import type { BootEvent } from '@kwind/events';
import type { MachineView } from '@kwind/state';

/** Name of a page-table page: its symbol, or its physical address. */
export function tableName(view: MachineView, table: number): string {
  const info = view.pages.info(table);
  return info?.name || tableSymbol(view.profile, table as Pfn) || hex(BigInt(table) << 12n);
}

/** A fact in one line, what identifies it first: `pte.written bm_pte[0] 0x0 -> 0x80000000fed40163`. */
export function factText(event: BootEvent, view: MachineView): string {
  return [event.type, ...wordsOf(event, view)].join(' ');
}

function wordsOf(event: BootEvent, view: MachineView): readonly string[] {
  switch (event.type) {
    case 'table.allocated':
      return [tableName(view, event.table), event.level];
    case 'slot.sized':
      return [String(event.slot), `${hex(event.before)} -> ${hex(event.after)}`];
    case 'slot.claimed':
      return [String(event.slot), hex(event.vaddr), `${event.pages} pages`];
    case 'slot.released':
    case 'slot.based':
      return [String(event.slot), hex(event.vaddr)];
    case 'tlb.flushed':
      return [event.scope, event.how];
    case 'fault.raised':
      return [event.access, hex(event.vaddr), `error ${event.error}`, event.reason];
    case 'memory.loaded':
    case 'memory.stored':
      return [hex(event.phys), event.via, ...(event.stale ? ['stale'] : [])];
    case 'warn.raised':
    case 'bug.raised':
      return [event.fn, ...(event.message === '' ? [] : [event.message])];
    case 'call.entered':
      return [`${event.fn}(${event.args.map(hex).join(', ')})`];
    case 'call.returned':
      return [event.fn, hex(event.result)];
    default:
      return 'table' in event && 'index' in event
        ? [`${tableName(view, event.table)}[${event.index}]`, `${hex(event.before)} -> ${hex(event.after)}`]
        : plainWords(event);
  }
}

function plainWords(event: BootEvent): readonly string[] {
  const { type: _, ...fields } = event;
  return Object.values(fields).map((value) => (typeof value === 'bigint' ? hex(value) : String(value)));
}

/**
 * Whether a fact is the one a test names: all words that the test gives, from the first on. `slot.claimed 0` fits
 * a claim of slot 0 wherever it lies.
 */
export function factFits(text: string, expected: string): boolean {
  return text === expected || text.startsWith(`${expected} `) || text.startsWith(`${expected}(`);
}

/** Facts of calls: the brackets. Left out where a test lists facts without naming any bracket. */
export const isBracket = (event: BootEvent): boolean => event.type === 'call.entered' || event.type === 'call.returned';

/** `linux-6.1 la57=y`, for titles of tests. */
export const profileTitle = (profile: KernelProfile): string => [profile.name, ...profile.overrides].join(' ');
