import {
  assertNever,
  cacheModeName,
  cacheModeNumber,
  hex,
  memRange,
  PAGE_SHIFT,
  PAGE_SIZE,
  physAddr,
  type CacheMode,
} from '@kwind/x86';
import { pageMemtype, type MemtypeRange } from '@kwind/state';
import type { KernelContext } from '../../../../context.ts';
import { call } from '../../../../context.ts';
import { minus } from '../../../../errno.ts';
import { systemRamFrames } from '../../../../mm/system_ram.ts';
import { warnOnce } from '../../../../once.ts';
import { printk } from '../../../../warn.ts';
import { mtrrTypeLookup, MTRR } from '../../kernel/cpu/mtrr.ts';

const ISA_START = 0xa_0000n;
const ISA_END = 0x10_0000n;
const FILE = 'arch/x86/mm/pat/memtype.c';
/** Who runs the calls of a boot: the first process. */
const CURRENT = 'swapper/0:1';

/** What a reservation gave: 0 and the type to map with, or an error number as the kernel returns it, negative. */
export interface Reservation {
  readonly error: bigint;
  readonly mode: CacheMode;
}

const ok = (mode: CacheMode): Reservation => ({ error: 0n, mode });
const info = (ctx: KernelContext, text: string): void => printk(ctx, 'INFO', `x86/PAT: ${text}`);

/** The ISA range is mapped write-back whatever is asked for, and nobody keeps track of it. @kernel arch/x86/include/asm/e820/api.h is_ISA_range() */
export const isUntracked = (start: bigint, end: bigint): boolean => start >= ISA_START && end <= ISA_END;

const physMask = (ctx: KernelContext): bigint => (1n << BigInt(ctx.profile.ioremap.physicalMaskBits)) - 1n;

/**
 * RAM throughout, none, or (an error for every caller) RAM after something else. RAM before something else passes for RAM
 * throughout, as in the kernel. Below 1 MiB nothing counts as RAM.
 * @kernel arch/x86/mm/pat/memtype.c pat_pagerange_is_ram()
 */
function ramIn(ctx: KernelContext, start: bigint, end: bigint): 'all' | 'none' | 'mixed' {
  const first = (start < ISA_END ? ISA_END : start) & ~(PAGE_SIZE - 1n);
  const last = (end + PAGE_SIZE - 1n) & ~(PAGE_SIZE - 1n);
  const runs = first < last ? systemRamFrames(ctx, first, last - 1n) : [];
  let next = start >> BigInt(PAGE_SHIFT);
  for (const run of runs) {
    if (run.first > next) return 'mixed';
    next = run.end;
  }
  return runs.length > 0 ? 'all' : 'none';
}

/**
 * Note a memory type for a physical range, so that nobody maps it with another one. A request that overlaps earlier notes
 * gets their type if they agree. A request for write-back becomes UC- where an MTRR says other than write-back.
 *
 * @param end first byte after the range
 * @returns the type to use, or −EBUSY when earlier notes disagree, −EINVAL for a range that is RAM in part
 * @emits memtype.reserved, or for RAM memtype.pages-marked; memtype.conflicted and messages; nothing for the ISA range
 * @kernel arch/x86/mm/pat/memtype.c memtype_reserve(), up to 5.x arch/x86/mm/pat.c reserve_memtype()
 */
export function memtypeReserve(ctx: KernelContext, start: bigint, end: bigint, wanted: CacheMode): Reservation {
  let result = ok(wanted);
  call(ctx, ctx.profile.ioremap.reserveName, [start, end, BigInt(cacheModeNumber(wanted))], () => {
    result = reserve(ctx, start & physMask(ctx), ((end - 1n) & physMask(ctx)) + 1n, wanted);
    return result.error;
  });
  return result;
}

function reserve(ctx: KernelContext, start: bigint, end: bigint, wanted: CacheMode): Reservation {
  // Without PAT nothing is tracked, not even that the first MiB is write-back.
  if (!ctx.profile.pat) return ok(wanted);
  if (isUntracked(start, end)) return ok('WB');
  const mode = byMtrr(ctx, start, end, wanted);
  const ram = ramIn(ctx, start, end);
  switch (ram) {
    case 'all':
      return markRam(ctx, start, end, wanted);
    case 'mixed':
      return { error: minus('EINVAL'), mode };
    case 'none':
      return note(ctx, { start, end, type: mode }, wanted);
    default:
      return assertNever(ram, 'share of RAM');
  }
}

function byMtrr(ctx: KernelContext, start: bigint, end: bigint, wanted: CacheMode): CacheMode {
  if (wanted !== 'WB') return wanted;
  const { type } = mtrrTypeLookup(ctx, start, end);
  return type === MTRR.WRBACK || type === MTRR.INVALID ? 'WB' : 'UC-';
}

/** Enter a note, with the type that overlapping ones have. @kernel arch/x86/mm/pat/memtype_interval.c memtype_check_insert() */
function note(ctx: KernelContext, range: MemtypeRange, wanted: CacheMode): Reservation {
  const { start, end } = range;
  const overlapping = ctx.view.control.memtypes.noted.filter((known) => known.start < end && start < known.end);
  const mode = overlapping[0]?.type ?? range.type;
  const other = overlapping.find((known) => known.type !== mode);
  if (!other) {
    ctx.emit({ type: 'memtype.reserved', start: physAddr(start), end: physAddr(end), wanted, held: mode });
    return ok(mode);
  }
  conflict(ctx, start, end, wanted, other);
  info(
    ctx,
    `${CURRENT} conflicting memory types ${start.toString(16)}-${end.toString(16)} ${cacheModeName(mode)}<->${cacheModeName(other.type)}`,
  );
  const { reserveName } = ctx.profile.ioremap;
  info(
    ctx,
    `${reserveName} failed ${memRange(start, end - 1n)}, track ${cacheModeName(range.type)}, req ${cacheModeName(wanted)}`,
  );
  return { error: minus('EBUSY'), mode };
}

function conflict(ctx: KernelContext, start: bigint, end: bigint, wanted: CacheMode, held: MemtypeRange): void {
  const heldRange = { heldStart: physAddr(held.start), heldEnd: physAddr(held.end), held: held.type };
  ctx.emit({ type: 'memtype.conflicted', start: physAddr(start), end: physAddr(end), wanted, ...heldRange });
}

/** RAM is marked page by page; only pages that are still write-back can be marked. @kernel arch/x86/mm/pat/memtype.c reserve_ram_pages_type() */
function markRam(ctx: KernelContext, start: bigint, end: bigint, wanted: CacheMode): Reservation {
  if (wanted === 'WP') return { error: minus('EINVAL'), mode: 'UC-' };
  warnOnce(ctx, wanted === 'UC', { fn: 'reserve_ram_pages_type', file: FILE });
  const mode = wanted === 'UC' ? 'UC-' : wanted;
  for (let page = start & ~(PAGE_SIZE - 1n); page < end; page += PAGE_SIZE) {
    const held = pageMemtype(ctx.view, page);
    if (held === 'WB') continue;
    conflict(ctx, start, end, wanted, { start: page, end: page + PAGE_SIZE, type: held });
    const numbers = `track ${hex(cacheModeNumber(held))}, req ${hex(cacheModeNumber(mode))}`;
    info(ctx, `reserve_ram_pages_type failed ${memRange(start, end - 1n)}, ${numbers}`);
    return { error: minus('EBUSY'), mode: held };
  }
  if (mode !== 'WB')
    ctx.emit({ type: 'memtype.pages-marked', start: physAddr(start), end: physAddr(end), before: 'WB', after: mode });
  return ok(mode);
}

/**
 * Drop the note of a physical range; the same range may be noted several times.
 *
 * @param end first byte after the range
 * @returns 0, or −EINVAL and a message when there is no such note
 * @emits memtype.freed, or for RAM memtype.pages-marked
 * @kernel arch/x86/mm/pat/memtype.c memtype_free(), up to 5.x arch/x86/mm/pat.c free_memtype()
 */
export function memtypeFree(ctx: KernelContext, start: bigint, end: bigint): bigint {
  const name = ctx.profile.ioremap.reserveName === 'memtype_reserve' ? 'memtype_free' : 'free_memtype';
  return call(ctx, name, [start, end], () => {
    if (!ctx.profile.pat || isUntracked(start, end)) return 0n;
    const ram = ramIn(ctx, start, end);
    if (ram === 'mixed') return minus('EINVAL');
    if (ram === 'all') return unmarkRam(ctx, start, end);
    const { noted } = ctx.view.control.memtypes;
    const held =
      noted.find((known) => known.start === start && known.end === end) ??
      noted.find((known) => known.start < start && known.end === end);
    if (held) {
      ctx.emit({ type: 'memtype.freed', start: physAddr(start), end: physAddr(end), held: held.type });
      return 0n;
    }
    info(ctx, `${CURRENT} freeing invalid memtype ${memRange(start, end - 1n)}`);
    return minus('EINVAL');
  });
}

function unmarkRam(ctx: KernelContext, start: bigint, end: bigint): bigint {
  const before = pageMemtype(ctx.view, start);
  if (before !== 'WB')
    ctx.emit({ type: 'memtype.pages-marked', start: physAddr(start), end: physAddr(end), before, after: 'WB' });
  return 0n;
}

/** Whether a mapping may use a type other than the one asked for. @kernel arch/x86/include/asm/pgtable.h is_new_memtype_allowed() */
export function isNewMemtypeAllowed(start: bigint, end: bigint, wanted: CacheMode, granted: CacheMode): boolean {
  if (isUntracked(start, end)) return true;
  if (granted === 'WB') return wanted !== 'UC-' && wanted !== 'WC' && wanted !== 'WT';
  return !(wanted === 'WT' && granted === 'WC');
}
