import { entryPhys, describeFlags, hex, isPresent, type Level } from '@kwind/x86';
import { specOfType, toEvent, type EventView } from '@kwind/events';
import { findKernelFunction } from '@kwind/kernel';
import { resourceById, type MachineView } from '@kwind/state';
import { callsAround, type Timeline } from '@kwind/timeline';
import { fixmapEntryVaddr, nameOfAddress, nameOfTable } from './names.ts';
import type { CallInfo, EntryInfo, Happening, PlainEvent } from './protocol.ts';

/** Kernel files, in the catalogue's `source`, before the functions. */
const FILE = /^[\w./-]+\.[chS]\b/;

/** Kernel file of a function, or of an event that happened outside any known one. */
function fileOf(fn: string, type: string): string {
  return findKernelFunction(fn)?.file ?? FILE.exec(specOfType(type)?.source ?? '')?.[0] ?? '';
}

export function plainEvent(view: EventView): PlainEvent {
  return Object.freeze({ ...toEvent(view), seq: view.seq, cause: view.cause, depth: view.depth }) as PlainEvent;
}

/** An event with its place in the kernel. `view` is the machine just after it, for the names of what it touches. */
export function happeningOf(timeline: Timeline, seq: number, view?: MachineView): Happening {
  const event = timeline.event(seq);
  const inner = event.type === 'call.entered' ? event : event.cause < 0 ? undefined : timeline.event(event.cause);
  const told = 'file' in event && event.file !== '' ? event : undefined;
  const fn = told?.fn ?? (inner?.type === 'call.entered' ? inner.fn : '');
  const machine = view ?? timeline.at(seq + 1).state;
  return Object.freeze({
    event: plainEvent(event),
    fn,
    file: told?.file ?? fileOf(fn, event.type),
    table: 'table' in event ? nameOfTable(machine, event.table) : '',
    name: nameOfEvent(machine, event),
    ...(event.type.startsWith('resource.') && { resources: resourceNames(machine, event) }),
  });
}

function nameOfEvent(view: MachineView, event: EventView): string {
  if ('vaddr' in event) return nameOfAddress(view.profile, event.vaddr);
  if ('index' in event && 'table' in event) {
    const address = fixmapEntryVaddr(view, event.table, event.index);
    return address === undefined ? '' : nameOfAddress(view.profile, address);
  }
  return '';
}

/** Pointers of an event about resources, whatever field they stand in, with what they are called. */
function resourceNames(view: MachineView, event: EventView): Readonly<Record<string, string>> {
  const { id, parent, other, before, after } = event as Partial<Record<string, unknown>>;
  const pointers = [id, parent, other, before, after].filter((value) => typeof value === 'bigint');
  const named = pointers.flatMap((pointer) => {
    const node = resourceById(view, pointer);
    return node ? [[hex(pointer), node.name] as const] : [];
  });
  return Object.freeze(Object.fromEntries(named));
}

/** The call that a call.entered began. */
export function callInfo(timeline: Timeline, seq: number): CallInfo {
  const event = timeline.event(seq) as Extract<EventView, { type: 'call.entered' }>;
  const { fn, args, text, caller, stack, origin } = event;
  return Object.freeze({ seq, fn, args, text, file: fileOf(fn, event.type), caller, stack, origin });
}

/** Calls around an event, innermost first. */
export const callsOf = (timeline: Timeline, seq: number): readonly CallInfo[] =>
  callsAround(timeline, seq).map((call) => callInfo(timeline, call));

/** The call that a person would name as the one that did it: with a caller or an origin, else the innermost. */
export function ownerOf(timeline: Timeline, seq: number): CallInfo | null {
  const calls = callsOf(timeline, seq);
  return calls.find((call) => call.caller !== '' || call.origin !== '') ?? calls[0] ?? null;
}

/** An entry decoded. Level '' reads as that of a 4 KiB entry. */
export function entryInfo(level: Level | '', value: bigint): EntryInfo {
  const at = level === '' ? 'pte' : level;
  const present = isPresent(value);
  return Object.freeze({
    value,
    present,
    phys: present ? entryPhys(at, value) : null,
    flags: describeFlags(at, value),
  });
}
