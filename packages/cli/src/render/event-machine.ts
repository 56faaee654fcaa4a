import type { EventOf } from '@kwind/events';
import { E820, hex, hex16, IORESOURCE, resourceRoots, resourceString } from '@kwind/x86';
import { safe } from '../terminal.ts';
import type { Describers, NameText } from './event.ts';
import { count } from './table.ts';

interface Span {
  readonly start: bigint;
  readonly end: bigint;
}

const span = ({ start, end }: Span): string => `${hex(start)}-${hex(end)}`;
/** A range whose end lies behind it, as the kernel prints ranges: with its last byte. */
const upTo = ({ start, end }: Span): string => span({ start, end: BigInt.asUintN(64, end - 1n) });
const named = (event: Span & { readonly name: string }): string => `${safe(event.name) || '(null)'} ${span(event)}`;

/** What the kernel calls the resource of a pointer. */
export function resourceText(id: bigint, nameOf: NameText): string {
  if (id === 0n) return 'NULL';
  if (id === resourceRoots.iomem) return 'iomem_resource';
  if (id === resourceRoots.ioport) return 'ioport_resource';
  return nameOf(id) || hex(id);
}

const reasons: Readonly<Record<string, string>> = {
  outside: 'does not fit into',
  overlap: 'overlaps',
  busy: 'is taken by busy',
  'partial-overlap': 'overlaps a part of',
  itself: 'is in the list already, as',
  'excludes-child': 'would leave out its child',
  'linked-elsewhere': 'hangs elsewhere; in its place is',
};

function conflictText(event: EventOf<'resource.conflicted'>): string {
  const other = named({ name: event.otherName, start: event.otherStart, end: event.otherEnd });
  return `${named(event)}  ${reasons[event.reason] ?? safe(event.reason)} ${other}: ${safe(event.outcome)}`;
}

export const resourceDescribers: Describers<'resource'> = {
  'resource.created': (event) =>
    `${safe(event.name) || '(null)'} ${resourceString(event)}${(event.flags & IORESOURCE.BUSY) === 0n ? '' : '  busy'}`,
  'resource.claimed': (event, _table, nameOf) => `${named(event)}  under ${resourceText(event.parent, nameOf)}`,
  'resource.inserted': (event, _table, nameOf) =>
    `${named(event)}  under ${resourceText(event.parent, nameOf)}, over what is now below it`,
  'resource.reparented': (event, _table, nameOf) =>
    `${named(event)}  from ${resourceText(event.before, nameOf)} to ${resourceText(event.after, nameOf)}`,
  'resource.released': (event, _table, nameOf) => `${named(event)}  from under ${resourceText(event.parent, nameOf)}`,
  'resource.freed': named,
  'resource.lost': (event, _table, nameOf) =>
    `${named(event)}  fell out of ${resourceText(event.parent, nameOf)}, not released`,
  'resource.adjusted': (event) =>
    `${safe(event.name) || '(null)'} ${span({ start: event.startBefore, end: event.endBefore })} -> ${span(event)}`,
  'resource.renamed': (event) => `${safe(event.before)} -> ${safe(event.after)}`,
  'resource.flagged': (event, _table, nameOf) =>
    `${resourceText(event.id, nameOf)}  flags ${hex(event.before)} -> ${hex(event.after)}${event.descBefore === event.desc ? '' : `, desc ${event.descBefore} -> ${event.desc}`}`,
  'resource.conflicted': conflictText,
  'resource.waiting': (event, _table, nameOf) =>
    `${named(event)}  waits for muxed ${resourceText(event.other, nameOf)}`,
  'resource.woken': (event, _table, nameOf) =>
    `${named(event)}  looks again under ${resourceText(event.parent, nameOf)}`,
};

const kinds: ReadonlyMap<number, string> = new Map(Object.entries(E820).map(([name, kind]) => [kind, name]));

/** The kernel's E820_TYPE_ name without its beginning, or the number. */
const kindText = (kind: number): string => kinds.get(kind) ?? `type ${kind}`;

const entryText = (start: bigint, size: bigint, kind: number): string =>
  size === 0n ? 'empty' : `${span({ start, end: BigInt.asUintN(64, start + size - 1n) })} ${kindText(kind)}`;

export const e820Describers: Describers<'e820'> = {
  'e820.added': ({ entry, start, size, kind }) => `e820[${entry}]  ${entryText(start, size, kind)}`,
  'e820.changed': (event) =>
    `e820[${event.entry}]  ${entryText(event.startBefore, event.sizeBefore, event.kindBefore)} -> ${entryText(event.start, event.size, event.kind)}`,
  'e820.replaced': ({ before, entries }) =>
    `${count(before, 'entry', 'entries')} -> ${count(entries.length / 3, 'entry', 'entries')}`,
};

const area = ({ start, end }: Span): string => `${hex16(start)}-${hex16(end)}`;

export const vmallocDescribers: Describers<'area' | 'memory.reserved' | 'memtype'> = {
  'area.claimed': (event) =>
    [
      area(event),
      event.phys === 0n ? '' : `phys ${hex(event.phys)}`,
      event.pages === 0 ? '' : count(event.pages, 'page'),
      event.caller === '' ? '' : `for ${safe(event.caller)}`,
    ]
      .filter((text) => text !== '')
      .join('  '),
  'area.released': (event) => `${area(event)}  not free before it is purged`,
  'area.purged': (event) => `${area(event)}  free again`,
  'memory.reserved': (event) => `${upTo(event)}  ${safe(event.name)}`,
  'memtype.reserved': (event) =>
    `${upTo(event)}  ${safe(event.held)}${event.wanted === event.held ? '' : `, not ${safe(event.wanted)} as asked for`}`,
  'memtype.freed': (event) => `${upTo(event)}  ${safe(event.held)}`,
  'memtype.conflicted': (event) =>
    `${upTo(event)} wants ${safe(event.wanted)}  against ${upTo({ start: event.heldStart, end: event.heldEnd })} that is ${safe(event.held)}`,
  'memtype.pages-marked': (event) => `${upTo(event)}  ${safe(event.before)} -> ${safe(event.after)}`,
};
