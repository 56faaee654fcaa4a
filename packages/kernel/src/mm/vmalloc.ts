import {
  hex,
  offsetInPage,
  PAGE_SHIFT,
  PAGE_SIZE,
  pageAlign,
  physOfPfn,
  u64,
  vaddr,
  vmallocEnd,
  type Vaddr,
} from '@kwind/x86';
import { lazyAreas, lazyPages, VM, vmapAreaAt, type CallFrame, type VmapAreaView } from '@kwind/state';
import { call, type KernelContext } from '../context.ts';
import { kernelProt } from '../arch/x86/include/kernel_prot.ts';
import { flushTlbKernelRange } from '../arch/x86/mm/tlb.ts';
import { setVariable, variable } from '../variables.ts';
import { bug, printk, warn } from '../warn.ts';
import { takePage, totalRamPages } from './page_alloc.ts';
import { vmapRange, vunmapRange } from './vmap.ts';
import { forgetPlaced, placeArea } from './vmalloc_place.ts';

const FILE = 'mm/vmalloc.c';
const INITIALIZED = 'vmap_initialized';
const MIN_ORDER = 12n;
const MAX_ORDER = 30n;
/** Bytes that may wait for a purge, for each doubling of the CPUs online. */
const LAZY_BYTES = 32n << 20n;

/** What an area is asked for. */
export interface AreaRequest {
  /** Bytes; widened to pages. */
  readonly size: bigint;
  readonly flags: number;
  /** For an ioremap area it follows from the size. */
  readonly align?: bigint;
  readonly phys?: bigint;
  readonly pages?: number;
  readonly caller?: string;
  /** Where it goes if something else has decided that: other users of the area, in a capture of a real kernel. */
  readonly at?: Vaddr;
}

/** The area can be given out from here on (6.x asks). @kernel mm/vmalloc.c vmalloc_init() */
export function vmallocInit(ctx: KernelContext): void {
  call(ctx, 'vmalloc_init', [], () => setVariable(ctx, INITIALIZED, 1n));
}

/** Number of bits up to the highest that is set: fls(0x1000) is 13. */
const fls = (value: bigint): bigint => BigInt(value.toString(2).length);

/**
 * Alignment of an ioremap area, so that large pages become possible: its size rounded up to a power of two, from 4 KiB to
 * 1 GiB. Up to 4.9 the power of two above the size, so that one of exactly 2 MiB is aligned to 4.
 * @kernel mm/vmalloc.c __get_vm_area_node()
 */
export function ioremapAlign(ctx: KernelContext, size: bigint): bigint {
  const order = ctx.profile.ioremap.vmalloc.order === 'fls' ? fls(size) : fls(pageAlign(size) - 1n);
  const clamped = order < MIN_ORDER ? MIN_ORDER : order > MAX_ORDER ? MAX_ORDER : order;
  return 1n << clamped;
}

/**
 * Take a virtual area and a guard page behind it.
 *
 * @returns its address; null before vmalloc_init() (6.x), for size 0, and when there is no room even after a purge
 * @emits area.claimed; a purge and message.printed when there is no room
 * @kernel mm/vmalloc.c get_vm_area_caller(), __get_vm_area_node(), alloc_vmap_area()
 */
export function getVmArea(ctx: KernelContext, request: AreaRequest): Vaddr | null {
  const { size, flags, phys = 0n, pages = 0, caller = '', at } = request;
  return call(ctx, 'get_vm_area_caller', [size, BigInt(flags)], () => {
    const aligned = pageAlign(size);
    if (aligned === 0n) return null;
    if (ctx.profile.ioremap.vmalloc.needsInit && variable(ctx, INITIALIZED) === 0n) return null;
    const align = (flags & VM.IOREMAP) !== 0 ? ioremapAlign(ctx, size) : (request.align ?? 1n);
    const start = at ?? ctx.given?.area?.(aligned) ?? findRoom(ctx, aligned + PAGE_SIZE, align);
    if (start === undefined) return null;
    ctx.emit({
      type: 'area.claimed',
      start,
      end: vaddr(start + aligned + PAGE_SIZE),
      phys: phys as never,
      flags,
      pages,
      caller,
    });
    return start;
  });
}

function findRoom(ctx: KernelContext, size: bigint, align: bigint): Vaddr | undefined {
  const request = { size, align, start: ctx.profile.vmallocStart, end: vmallocEnd(ctx.profile) };
  const found = placeArea(ctx, request);
  if (found !== undefined) return found;
  purgeVmapAreaLazy(ctx);
  const again = placeArea(ctx, request);
  if (again === undefined)
    printk(ctx, 'WARNING', `vmap allocation for size ${size} failed: use vmalloc=<size> to increase size`);
  return again;
}

/** The area that holds an address, guard page included. @kernel mm/vmalloc.c find_vm_area() */
export const findVmArea = (ctx: KernelContext, address: bigint): VmapAreaView | undefined =>
  vmapAreaAt(ctx.view, address);

/**
 * Unmap the area that holds an address and give it up. Neither the TLB nor the addresses are free until the next purge,
 * which comes by itself once 32 MiB wait for it (for one CPU).
 *
 * @returns the address of the area, or null when there is none
 * @emits entry stores with 0 for the whole area, area.released; then perhaps what a purge does
 * @kernel mm/vmalloc.c remove_vm_area(), free_unmap_vmap_area(), free_vmap_area_noflush()
 */
export function removeVmArea(ctx: KernelContext, address: bigint): Vaddr | null {
  return call(ctx, 'remove_vm_area', [address], () => {
    const area = findVmArea(ctx, address);
    if (!area) return null;
    vunmapRange(ctx, vaddr(area.start), vaddr(area.end));
    ctx.emit({ type: 'area.released', start: vaddr(area.start), end: vaddr(area.end) });
    if (lazyPages(ctx.view) > lazyMaxPages(ctx)) purgeVmapAreaLazy(ctx);
    return vaddr(area.start);
  });
}

/** Pages that may wait for a purge. One CPU is online unless a variable says otherwise. @kernel mm/vmalloc.c lazy_max_pages() */
export function lazyMaxPages(ctx: KernelContext): bigint {
  const online = variable(ctx, 'num_online_cpus');
  return fls(online === 0n ? 1n : online) * (LAZY_BYTES >> BigInt(PAGE_SHIFT));
}

/**
 * Flush the range from the lowest to the highest area that was given up, and make all of them free.
 *
 * @returns 1 when there were any, else 0 and no flush
 * @emits what flush_tlb_kernel_range() does, then area.purged each: by rising address, up to 4.19 the latest first
 * @kernel mm/vmalloc.c __purge_vmap_area_lazy(). 6.x leaves the call of a full list to a worker; here it happens at once
 */
export function purgeVmapAreaLazy(ctx: KernelContext): bigint {
  return call(ctx, '__purge_vmap_area_lazy', [], () => {
    const sorted = lazyAreas(ctx.view);
    if (sorted.length === 0) return 0n;
    const end = sorted.reduce((highest, area) => (area.end > highest ? area.end : highest), 0n);
    flushTlbKernelRange(ctx, vaddr(sorted[0]!.start), vaddr(end));
    const latestFirst = ctx.profile.ioremap.vmalloc.placement === 'next-fit';
    for (const area of latestFirst ? ctx.view.control.vmalloc.lazy.toReversed() : sorted) {
      const { start, end: areaEnd } = area;
      forgetPlaced(ctx, { start, end: areaEnd });
      ctx.emit({ type: 'area.purged', start: vaddr(start), end: vaddr(areaEnd) });
    }
    return 1n;
  });
}

/** Purge now: what changes of page attributes and the end of init memory begin with. @kernel mm/vmalloc.c vm_unmap_aliases() */
export function vmUnmapAliases(ctx: KernelContext): void {
  call(ctx, 'vm_unmap_aliases', [], () => {
    purgeVmapAreaLazy(ctx);
  });
}

/** Who made a call: its return address if it has one, else the function around it, else ''. */
export const callerOf = (frame: CallFrame | null): string => (frame ? frame.caller || (frame.outer?.fn ?? '') : '');

/**
 * Memory of pages that need not lie together, mapped one after the other.
 *
 * @param align bytes; 16 KiB for the stacks of processes
 * @returns null for size 0 and for more than there is
 * @emits area.claimed, then per page variable.set and the stores that map it
 * @kernel mm/vmalloc.c __vmalloc_node()
 */
export function vmallocNode(ctx: KernelContext, size: bigint, align: bigint, fn = '__vmalloc_node'): Vaddr | null {
  return call(ctx, fn, fn === 'vmalloc' ? [size] : [size, align], () => {
    const wanted = pageAlign(size) >> BigInt(PAGE_SHIFT);
    if (wanted === 0n || wanted > totalRamPages(ctx)) {
      const isNew = ctx.profile.ioremap.vmalloc.needsInit;
      printk(
        ctx,
        'WARNING',
        isNew ? `vmalloc error: size ${size}, exceeds total pages` : `vmalloc: allocation failure: ${size} bytes`,
      );
      return null;
    }
    const pages = Number(wanted);
    const start = getVmArea(ctx, { size, flags: VM.ALLOC, align, pages, caller: callerOf(ctx.view.calls) });
    if (start === null) return null;
    for (let page = 0; page < pages; page++) {
      const at = vaddr(start + BigInt(page) * PAGE_SIZE);
      vmapRange(ctx, at, vaddr(at + PAGE_SIZE), physOfPfn(takePage(ctx)), kernelProt(ctx, 'PAGE_KERNEL'), false);
    }
    return start;
  });
}

/** @kernel mm/vmalloc.c vmalloc() */
export const vmalloc = (ctx: KernelContext, size: bigint): Vaddr | null => vmallocNode(ctx, size, 1n, 'vmalloc');

/**
 * Give memory of vmalloc() back. Its pages are not used again by the model.
 * @emits warn.raised for an address that is not the start of a page, or lies in no area; else what remove_vm_area() does
 * @kernel mm/vmalloc.c vfree()
 */
export function vfree(ctx: KernelContext, address: bigint): void {
  call(ctx, 'vfree', [address], () => {
    if (address === 0n) return;
    const site = { fn: '__vunmap', file: FILE };
    const pointer = u64(address).toString(16).padStart(16, '0');
    if (warn(ctx, offsetInPage(address) !== 0n, site, `Trying to vfree() bad address (${pointer})`)) return;
    if (warn(ctx, findVmArea(ctx, address) === undefined, site, `Trying to vfree() nonexistent vm area (${pointer})`))
      return;
    const removed = removeVmArea(ctx, address);
    bug(ctx, removed === null, site, `no area at ${hex(address)}`);
  });
}
