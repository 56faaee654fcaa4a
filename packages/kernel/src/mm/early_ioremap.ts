import {
  bare8,
  fixIdx,
  fixToVirtUnchecked,
  offsetInPage,
  PAGE_MASK,
  PAGE_SHIFT,
  pageAlign,
  physAddr,
  u64,
  vaddr,
  type PhysAddr,
  type Vaddr,
} from '@kwind/x86';
import { call, type KernelContext } from '../context.ts';
import { earlySetFixmap } from '../arch/x86/mm/ioremap.ts';
import { lateClearFixmap, lateSetFixmap } from '../arch/x86/mm/fixmap.ts';
import { printPhys, printPointer } from '../lib/vsprintf.ts';
import { systemStateWarns } from '../kernel/system_state.ts';
import { setVariable, variable } from '../variables.ts';
import { initTextGone } from './init_text.ts';
import { debugLine, warn, warnOnce, type Site } from '../warn.ts';

const FILE = 'mm/early_ioremap.c';
const site = (fn: string): Site => ({ fn, file: FILE });
const U32 = 0xffff_ffffn;

/** First fixmap index of a slot: its lowest address. */
const firstIndexOf = (ctx: KernelContext, slot: number): number =>
  ctx.profile.fixmap.btmapBegin - ctx.profile.nrFixBtmaps * slot;

/**
 * Fill slot_virt[]: where each window starts.
 *
 * @emits slot.based for all slots; warn.raised when one is in use already: before them all up to 6.10, in 6.12 right
 *        before the slot in question and once a boot
 * @kernel mm/early_ioremap.c early_ioremap_setup()
 */
export function earlyIoremapSetup(ctx: KernelContext): void {
  call(ctx, 'early_ioremap_setup', [], () => {
    const { earlySetup, fixBtmapsSlots } = ctx.profile;
    const inUse = (slot: number): boolean => ctx.view.control.slots[slot]!.prevMap !== 0n;
    const slots = Array.from({ length: fixBtmapsSlots }, (_, slot) => slot);
    // The older form looks at all slots before it bases the first, and is done looking at the first in use.
    if (earlySetup === 'warn-and-stop') warn(ctx, slots.some(inUse), site('early_ioremap_setup'));
    for (const slot of slots) {
      if (earlySetup === 'warn-once') warnOnce(ctx, inUse(slot), site('early_ioremap_setup'));
      ctx.emit({ type: 'slot.based', slot, vaddr: fixToVirtUnchecked(ctx.profile, fixIdx(firstIndexOf(ctx, slot))) });
    }
  });
}

/**
 * Map `size` bytes of physical memory at `phys` into the first free slot.
 *
 * @param phys byte address, any 64-bit value; its offset in the page is kept in the result
 * @param size bytes; at most nrFixBtmaps pages once widened to page bounds
 * @param prot bits of each entry
 * @returns the virtual byte address, or null where the kernel returns NULL
 * @emits slot.sized, then per page in rising address order what __early_set_fixmap() does, then slot.claimed;
 *        warn.raised in the kernel's order, and null when no slot is free (before anything changed), when the size is 0
 *        or the range wraps, or (after slot.sized) when it is too long
 * @kernel mm/early_ioremap.c __early_ioremap(); 4.0 to 6.12 differ in the state check, the mask and the printing
 */
export function earlyIoremapInner(ctx: KernelContext, phys: bigint, size: bigint, prot: bigint): Vaddr | null {
  return call(ctx, '__early_ioremap', [phys, size, prot], () => {
    const here = site('__early_ioremap');
    if (initTextGone(ctx, here)) return null;
    // Only warns; the mapping is made all the same.
    warn(ctx, systemStateWarns(ctx), here);
    const slot = ctx.view.control.slots.findIndex((s) => s.prevMap === 0n);
    if (warn(ctx, slot < 0, here, `__early_ioremap(${printPhys(ctx, phys)}, ${bare8(size)}) not found slot`))
      return null;
    const lastAddr = u64(phys + size - 1n);
    if (warn(ctx, size === 0n || lastAddr < phys, here)) return null;
    // The size is noted before the length is checked, so a refused call leaves a new prev_size in a free slot.
    ctx.emit({ type: 'slot.sized', slot, before: ctx.view.control.slots[slot]!.prevSize, after: size });
    const offset = offsetInPage(phys);
    const start = phys & PAGE_MASK;
    const aligned = u64(pageAlign(u64(lastAddr + 1n)) - start);
    // nrpages is an unsigned int: a size of 2^44 bytes counts as 0 pages.
    const nrPages = Number((aligned >> BigInt(PAGE_SHIFT)) & U32);
    if (warn(ctx, nrPages > ctx.profile.nrFixBtmaps, here)) return null;
    mapPages(ctx, slot, physAddr(start), nrPages, prot);
    const base = ctx.view.control.slots[slot]!.virt;
    const line = `__early_ioremap(${printPhys(ctx, u64(start + BigInt(nrPages) * 4096n))}, ${bare8(aligned)}) [${slot}] => ${bare8(offset)} + ${bare8(base)}`;
    debugLine(ctx, variable(ctx, 'early_ioremap_debug') !== 0n, here, line);
    const mapped = vaddr(offset + base);
    ctx.emit({ type: 'slot.claimed', slot, vaddr: mapped, phys, size, pages: nrPages });
    return mapped;
  });
}

function mapPages(ctx: KernelContext, slot: number, start: PhysAddr, nrPages: number, prot: bigint): void {
  const first = firstIndexOf(ctx, slot);
  for (let page = 0; page < nrPages; page++) {
    const phys = physAddr(start + BigInt(page) * 4096n);
    if (variable(ctx, 'after_paging_init') !== 0n) lateSetFixmap(ctx, first - page, phys, prot);
    else earlySetFixmap(ctx, first - page, phys, prot);
  }
}

/**
 * Undo one mapping: `address` must be exactly what the mapping call returned and `size` exactly what it was given.
 *
 * @emits per page what __early_set_fixmap(idx, 0, 0) does, then slot.released; warn.raised and nothing else when
 *        the pointer or the size does not fit. NULL matches the first free slot, as in the kernel.
 * @kernel mm/early_ioremap.c early_iounmap(), early_memunmap()
 */
export function earlyIounmap(ctx: KernelContext, address: bigint, size: bigint): void {
  call(ctx, 'early_iounmap', [address, size], () => {
    if (!ctx.profile.mmu) return;
    const here = site('early_iounmap');
    if (initTextGone(ctx, here)) return;
    const named = `early_iounmap(${printPointer(ctx, address)}, ${bare8(size)})`;
    const slot = ctx.view.control.slots.findIndex((s) => s.prevMap === address);
    if (warn(ctx, slot < 0, here, `${named} not found slot`)) return;
    const { prevSize, prevMap } = ctx.view.control.slots[slot]!;
    if (warn(ctx, prevSize !== size, here, `${named} [${slot}] size not consistent ${bare8(prevSize)}`)) return;
    debugLine(ctx, variable(ctx, 'early_ioremap_debug') !== 0n, here, `${named} [${slot}]`);
    if (warn(ctx, address < fixToVirtUnchecked(ctx.profile, fixIdx(ctx.profile.fixmap.btmapBegin)), here)) return;
    const nrPages = Number((pageAlign(u64(offsetInPage(address) + size)) >> BigInt(PAGE_SHIFT)) & U32);
    clearPages(ctx, slot, nrPages);
    ctx.emit({ type: 'slot.released', slot, vaddr: prevMap, pages: nrPages });
  });
}

function clearPages(ctx: KernelContext, slot: number, nrPages: number): void {
  const first = firstIndexOf(ctx, slot);
  for (let page = 0; page < nrPages; page++) {
    if (variable(ctx, 'after_paging_init') !== 0n) lateClearFixmap(ctx, first - page);
    else earlySetFixmap(ctx, first - page, physAddr(0n), 0n);
  }
}

/** A mapping wrapper: without an MMU it hands the physical address back; `prot` is a name in profile.prots. */
function wrapper(
  ctx: KernelContext,
  fn: string,
  phys: bigint,
  size: bigint,
  prot: bigint,
  args: readonly bigint[],
): Vaddr | null {
  return call(ctx, fn, args, () => {
    if (!ctx.profile.mmu) return vaddr(phys);
    return initTextGone(ctx, site(fn)) ? null : earlyIoremapInner(ctx, phys, size, prot);
  });
}

const protOf = (ctx: KernelContext, name: string): bigint => ctx.profile.prots[name] ?? 0n;

/** Device memory, FIXMAP_PAGE_IO: cached by its bits all the same; only MTRRs make it uncached. @kernel mm/early_ioremap.c early_ioremap() */
export const earlyIoremap = (ctx: KernelContext, phys: bigint, size: bigint): Vaddr | null =>
  wrapper(ctx, 'early_ioremap', phys, size, protOf(ctx, 'FIXMAP_PAGE_IO'), [phys, size]);

/** Ordinary memory, FIXMAP_PAGE_NORMAL. @kernel mm/early_ioremap.c early_memremap() */
export const earlyMemremap = (ctx: KernelContext, phys: bigint, size: bigint): Vaddr | null =>
  wrapper(ctx, 'early_memremap', phys, size, protOf(ctx, 'FIXMAP_PAGE_NORMAL'), [phys, size]);

/** Ordinary memory, read-only, FIXMAP_PAGE_RO (4.4 and later). @kernel mm/early_ioremap.c early_memremap_ro() */
export const earlyMemremapRo = (ctx: KernelContext, phys: bigint, size: bigint): Vaddr | null =>
  wrapper(ctx, 'early_memremap_ro', phys, size, protOf(ctx, 'FIXMAP_PAGE_RO'), [phys, size]);

/** Ordinary memory with the bits given (4.14 and later). @kernel mm/early_ioremap.c early_memremap_prot() */
export const earlyMemremapProt = (ctx: KernelContext, phys: bigint, size: bigint, prot: bigint): Vaddr | null =>
  wrapper(ctx, 'early_memremap_prot', phys, size, prot, [phys, size, prot]);

/** The name under which memory is unmapped. @kernel mm/early_ioremap.c early_memunmap() */
export function earlyMemunmap(ctx: KernelContext, address: bigint, size: bigint): void {
  call(ctx, 'early_memunmap', [address, size], () => {
    if (!initTextGone(ctx, site('early_memunmap'))) earlyIounmap(ctx, address, size);
  });
}

/**
 * Switch to the late setters. Up to 5.0 it first calls early_ioremap_shutdown(), which is empty unless an
 * architecture fills it. x86-64 never calls it: only init_32.c does.
 * @kernel mm/early_ioremap.c early_ioremap_reset()
 */
export function earlyIoremapReset(ctx: KernelContext): void {
  call(ctx, 'early_ioremap_reset', [], () => {
    if (ctx.profile.has.earlyIoremapShutdown) earlyIoremapShutdown(ctx);
    setVariable(ctx, 'after_paging_init', 1n);
  });
}

/** Empty default of a weak function. @kernel mm/early_ioremap.c early_ioremap_shutdown(), up to 5.0 */
export function earlyIoremapShutdown(ctx: KernelContext): void {
  call(ctx, 'early_ioremap_shutdown', [], () => {});
}

/**
 * Count slots still in use, at late_initcall time. Permanent fixmaps are not looked at.
 * @returns 1 and a two-line warning when any is, else 0
 * @kernel mm/early_ioremap.c check_early_ioremap_leak()
 */
export function checkEarlyIoremapLeak(ctx: KernelContext): bigint {
  return call(ctx, 'check_early_ioremap_leak', [], () => {
    if (initTextGone(ctx, site('check_early_ioremap_leak'))) return 0n;
    const count = ctx.view.control.slots.filter((slot) => slot.prevMap !== 0n).length;
    const text = `Debug warning: early ioremap leak of ${count} areas detected.\nplease boot with early_ioremap_debug and report the dmesg.`;
    return warn(ctx, count > 0, site('check_early_ioremap_leak'), text) ? 1n : 0n;
  });
}

/** `early_ioremap_debug` on the command line: from here on each mapping is printed. @kernel mm/early_ioremap.c early_ioremap_debug_setup() */
export function earlyIoremapDebugSetup(ctx: KernelContext): void {
  call(ctx, 'early_ioremap_debug_setup', [], () => setVariable(ctx, 'early_ioremap_debug', 1n));
}
