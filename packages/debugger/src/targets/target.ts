import type { EventView } from '@kwind/events';
import type { MachineState } from '@kwind/state';
import type { Cursor, Predicate, Timeline } from '@kwind/timeline';
import type { HeldResource, TargetValue } from '../answers.ts';
import type { VaddrRange } from '../ranges.ts';
import { sameDebugValue } from './expression.ts';

/** Something whose changes can be found: an address, an entry, a slot, a register, what the TLB holds. */
export interface Target {
  /** As a person would write it again. */
  readonly title: string;
  /** Events that may change it, from where a machine stands until it changed. */
  changes(view: MachineState): Predicate;
  /** `changes` holds only until the next change: an address depends on tables that may be linked anew. */
  readonly follows: boolean;
  /** Addresses that belong to it, for accesses; undefined where nothing can be read through the MMU. */
  readonly range?: VaddrRange | undefined;
  value(timeline: Timeline, cursor: Cursor): TargetValue;
  /** Its value after an event that changed it, when the event says so by itself. */
  valueAfter?(event: EventView): TargetValue | undefined;
}

/** Whether an event that may have changed a target did; left to those that cannot tell from the event alone. */
export function isChange(target: Target, timeline: Timeline, seq: number): boolean {
  // Of a range of pages only the first has a value to compare.
  const isOnePage = target.range === undefined || target.range.end - target.range.start <= 0x1000n;
  if (!target.follows || !isOnePage) return true;
  const [before, after] = [timeline.at(seq), timeline.at(seq + 1)];
  return !sameValue(target.value(timeline, before), target.value(timeline, after));
}

export function sameValue(a: TargetValue, b: TargetValue): boolean {
  if (a.kind === 'translation' && b.kind === 'translation') {
    return a.phys === b.phys && a.pageSize === b.pageSize && withoutUse(a.flags) === withoutUse(b.flags);
  }
  if (a.kind === 'entry' && b.kind === 'entry') return a.entry.value === b.entry.value;
  if (a.kind === 'number' && b.kind === 'number') return a.value === b.value;
  if (a.kind === 'text' && b.kind === 'text') return a.value === b.value;
  if (a.kind === 'value' && b.kind === 'value') return sameDebugValue(a.value, b.value);
  if (a.kind === 'resources' && b.kind === 'resources') return sameResources(a.resources, b.resources);
  if (a.kind === 'slot' && b.kind === 'slot') return sameSlot(a, b);
  return false;
}

/** The CPU sets Accessed and Dirty by itself; the address still means the same page. */
const withoutUse = (flags: string): string =>
  flags
    .split(' ')
    .filter((flag) => flag !== 'A' && flag !== 'D')
    .join(' ');

function sameSlot(
  { slot: a }: Extract<TargetValue, { kind: 'slot' }>,
  { slot: b }: Extract<TargetValue, { kind: 'slot' }>,
): boolean {
  return a.prevMap === b.prevMap && a.prevSize === b.prevSize && a.virt === b.virt && a.claimedBy === b.claimedBy;
}

function sameResources(a: readonly HeldResource[], b: readonly HeldResource[]): boolean {
  const isSame = (one: HeldResource, other: HeldResource): boolean =>
    one.name === other.name &&
    one.start === other.start &&
    one.end === other.end &&
    one.busy === other.busy &&
    one.depth === other.depth;
  return a.length === b.length && a.every((one, i) => isSame(one, b[i]!));
}
