import { E820, e820TypeText, memRange, printE820Line, u64, type E820Entry } from '@kwind/x86';
import { call, type KernelContext } from '../../../../context.ts';
import { minus } from '../../../../errno.ts';
import { bug, printk } from '../../../../warn.ts';
import { sanitizeEntries } from './sanitize.ts';

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** The memory map as it is now. Copies: what the machine holds moves on with each event. */
export const entriesOf = (ctx: KernelContext): readonly E820Entry[] =>
  ctx.view.control.e820.map((entry) => ({ ...entry }));

/** Put an entry at the end of the table, or say that it is full. @kernel arch/x86/kernel/e820.c __e820__range_add() */
function append(ctx: KernelContext, start: bigint, size: bigint, type: number): void {
  const { length } = ctx.view.control.e820;
  if (length >= ctx.profile.e820.maxEntries) {
    printk(ctx, 'ERR', `e820: too many entries; ignoring ${memRange(start, u64(start + size - 1n))}`);
    return;
  }
  ctx.emit({ type: 'e820.added', entry: length, start, size, kind: type });
}

/**
 * Add a range to the memory map; overlaps are left for the next sanitising.
 * @emits e820.added, or a message when the table is full
 * @kernel arch/x86/kernel/e820.c e820__range_add() (up to 4.11 e820_add_region())
 */
export function e820RangeAdd(ctx: KernelContext, start: bigint, size: bigint, type: number): void {
  call(ctx, ctx.profile.e820.names.rangeAdd, [start, size, BigInt(type)], () => append(ctx, start, size, type));
}

function change(ctx: KernelContext, index: number, after: E820Entry): void {
  const before = { ...ctx.view.control.e820[index]! };
  ctx.emit({
    type: 'e820.changed',
    entry: index,
    start: after.start,
    size: after.size,
    kind: after.type,
    startBefore: before.start,
    sizeBefore: before.size,
    kindBefore: before.type,
  });
}

/** How a range meets an entry, and what of the entry is left. */
interface Meeting {
  readonly kind: 'covered' | 'inside' | 'partly';
  /** Bytes that they share. */
  readonly start: bigint;
  readonly end: bigint;
}

function meetingOf(entry: E820Entry, start: bigint, end: bigint): Meeting | undefined {
  const last = entry.start + entry.size;
  if (start <= entry.start && last <= end) return { kind: 'covered', start: entry.start, end: last };
  if (entry.start < start && end < last) return { kind: 'inside', start, end };
  const [from, to] = [start > entry.start ? start : entry.start, end < last ? end : last];
  return from < to ? { kind: 'partly', start: from, end: to } : undefined;
}

/** Take the shared bytes away from an entry that the range covers partly: at its end, or at its start. */
function shrink(ctx: KernelContext, index: number, entry: E820Entry, { start, end }: Meeting): void {
  const size = entry.size - (end - start);
  change(ctx, index, { ...entry, start: entry.start < start ? entry.start : end, size });
}

/** Do something to each entry that a range meets, entries that are added on the way too. Returns the bytes that were met. */
function forEachMet(
  ctx: KernelContext,
  start: bigint,
  end: bigint,
  wanted: (type: number) => boolean,
  what: (index: number, entry: E820Entry, meeting: Meeting) => void,
): bigint {
  let bytes = 0n;
  for (let index = 0; index < ctx.view.control.e820.length; index++) {
    const entry = { ...ctx.view.control.e820[index]! };
    const meeting = wanted(entry.type) ? meetingOf(entry, start, end) : undefined;
    if (!meeting) continue;
    what(index, entry, meeting);
    bytes += meeting.end - meeting.start;
  }
  return bytes;
}

/** A size that would wrap around ends at the last byte but one. */
const endOf = (start: bigint, size: bigint): bigint => start + (size > U64_MAX - start ? U64_MAX - start : size);

/**
 * Give a range of one type another; pieces go to the end of the table.
 *
 * @returns bytes that changed
 * @emits a message, e820.changed and e820.added; bug.raised when both types are the same
 * @kernel arch/x86/kernel/e820.c e820__range_update() (up to 4.11 e820_update_range())
 */
export function e820RangeUpdate(
  ctx: KernelContext,
  start: bigint,
  size: bigint,
  oldType: number,
  newType: number,
): bigint {
  const { names } = ctx.profile.e820;
  return call(ctx, names.rangeUpdate, [start, size, BigInt(oldType), BigInt(newType)], () => {
    if (bug(ctx, oldType === newType, { fn: `__${names.rangeUpdate}`, file: 'arch/x86/kernel/e820.c' })) return 0n;
    const end = endOf(start, size);
    const text = (type: number): string => e820TypeText(ctx.profile.e820, type);
    printk(ctx, 'DEBUG', `e820: update ${memRange(start, u64(end - 1n))} ${text(oldType)} ==> ${text(newType)}`);
    return forEachMet(
      ctx,
      start,
      end,
      (type) => type === oldType,
      (index, entry, meeting) => {
        if (meeting.kind === 'covered') return change(ctx, index, { ...entry, type: newType });
        append(ctx, meeting.start, meeting.end - meeting.start, newType);
        if (meeting.kind === 'partly') return shrink(ctx, index, entry, meeting);
        append(ctx, end, entry.start + entry.size - end, entry.type);
        change(ctx, index, { ...entry, size: start - entry.start });
      },
    );
  });
}

/**
 * Take a range out of the memory map.
 *
 * @param checkType take only entries of `oldType`, and say so in the message
 * @returns bytes that were taken out
 * @emits a message, e820.changed (all zeros for an entry that is gone) and e820.added for the upper part of one that is cut
 * @kernel arch/x86/kernel/e820.c e820__range_remove() (up to 4.11 e820_remove_range())
 */
export function e820RangeRemove(
  ctx: KernelContext,
  start: bigint,
  size: bigint,
  oldType: number,
  checkType: boolean,
): bigint {
  return call(ctx, ctx.profile.e820.names.rangeRemove, [start, size, BigInt(oldType), checkType ? 1n : 0n], () => {
    const end = endOf(start, size);
    printk(
      ctx,
      'DEBUG',
      `e820: remove ${memRange(start, u64(end - 1n))} ${checkType ? e820TypeText(ctx.profile.e820, oldType) : ''}`,
    );
    return forEachMet(
      ctx,
      start,
      end,
      (type) => !checkType || type === oldType,
      (index, entry, meeting) => {
        if (meeting.kind === 'covered') return change(ctx, index, { start: 0n, size: 0n, type: 0 });
        if (meeting.kind === 'partly') return shrink(ctx, index, entry, meeting);
        append(ctx, end, entry.start + entry.size - end, entry.type);
        change(ctx, index, { ...entry, size: start - entry.start });
      },
    );
  });
}

/** Replace the whole table. */
export function replaceTable(ctx: KernelContext, entries: readonly E820Entry[]): void {
  const numbers = entries.flatMap(({ start, size, type }) => [start, size, BigInt(type)]);
  ctx.emit({ type: 'e820.replaced', before: ctx.view.control.e820.length, entries: numbers });
}

/**
 * Sanitise the memory map: sort it and resolve what overlaps.
 *
 * @returns 0, or −1 when the kernel leaves the table as it is
 * @emits e820.replaced
 * @kernel arch/x86/kernel/e820.c e820__update_table() (up to 4.11 sanitize_e820_map())
 */
export function e820UpdateTable(ctx: KernelContext): bigint {
  const { names, notMerged, maxEntries } = ctx.profile.e820;
  return call(ctx, names.updateTable, [], () => {
    const made = sanitizeEntries(entriesOf(ctx), notMerged, maxEntries);
    if (!made) return minus('EPERM');
    replaceTable(ctx, made);
    return 0n;
  });
}

/** Print the memory map, a line an entry. @kernel arch/x86/kernel/e820.c e820__print_table() (up to 4.11 e820_print_map()) */
export function e820PrintTable(ctx: KernelContext, who: string): void {
  const { names } = ctx.profile.e820;
  call(
    ctx,
    names.printTable,
    [],
    () => {
      for (const entry of entriesOf(ctx)) printk(ctx, 'INFO', printE820Line(ctx.profile.e820, who, entry));
    },
    `who="${who}"`,
  );
}

/** Is all of a range of one type? @param end first byte behind it. @kernel arch/x86/kernel/e820.c e820__mapped_all() */
export function e820MappedAll(ctx: KernelContext, start: bigint, end: bigint, type: number = E820.RAM): boolean {
  let from = start;
  for (const entry of entriesOf(ctx)) {
    const last = entry.start + entry.size;
    if (entry.type !== type || entry.start >= end || last <= from) continue;
    if (entry.start <= from) from = last;
    if (from >= end) return true;
  }
  return false;
}
