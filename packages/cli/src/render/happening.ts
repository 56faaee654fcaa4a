import type { CallInfo, CachedInfo, EntryInfo, Happening, Place, SlotInfo } from '@kwind/debugger';
import { hex, hex16 } from '@kwind/x86';
import { safe } from '../terminal.ts';
import { callText, describeEvent } from './event.ts';
import { count } from './table.ts';

/** `[ 41/90 ]`. */
export const placeText = ({ position, total }: Place): string => `[ ${position}/${total} ]`;

/** The fields of an event, with the names that the debugger found for them. */
export const happeningText = ({ event, table, resources }: Happening): string =>
  describeEvent(event, {
    tableName: () => table,
    resourceName: (id) => resources?.[hex(id)] ?? '',
    chain: () => [],
  });

/** The functions of calls, outermost first. */
export const pathOf = (innermostFirst: readonly CallInfo[]): readonly string[] =>
  innermostFirst.map(({ fn }) => safe(fn)).reverse();

/** The call that tells where it came from: of a kernel that was traced, an outer one is all of setup_arch(). */
export const askedBy = (innermostFirst: readonly CallInfo[]): CallInfo | undefined =>
  innermostFirst.find((call) => call.caller !== '' || call.origin !== '');

/** Calls as a path, outermost first: `early_ioremap > __early_set_fixmap`. */
export const pathText = (innermostFirst: readonly CallInfo[]): string => pathOf(innermostFirst).join(' > ');

/** `early_ioremap(0xf0000, 0x1000)  from dmi_setup+0xfa  boot.log:12`. */
export function callLine(call: CallInfo): string {
  return [callText(call), call.caller === '' ? '' : `from ${safe(call.caller)}`, safe(call.origin)]
    .filter((text) => text !== '')
    .join('  ');
}

/** Who made a call, as short as it can be told: the return address, else the function. */
export const callerLine = (call: CallInfo): string =>
  `${call.caller === '' ? `${safe(call.fn)}()` : safe(call.caller)}  ${safe(call.origin)}`.trimEnd();

export function entryText({ value, present, phys, flags }: EntryInfo): string {
  if (value === 0n) return '0x0  none';
  return `${hex(value)}  ${present && phys !== null ? `phys ${hex(phys)} ` : ''}${flags}`;
}

export const cachedText = ({ vaddr, phys, size, flags, stale }: CachedInfo): string =>
  `${hex16(vaddr)}  phys ${hex(phys)} size ${hex(size)}  ${flags}${stale ? '  STALE' : ''}`;

export function slotText(slot: SlotInfo): string {
  if (!slot.inUse) return slot.prevSize === 0n ? 'free' : `free, prev_size ${hex(slot.prevSize)}`;
  return `${hex16(slot.prevMap)}  phys ${hex(slot.phys)} prev_size ${hex(slot.prevSize)}, ${count(slot.pages, 'page')}`;
}
