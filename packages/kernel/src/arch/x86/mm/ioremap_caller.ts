import {
  cacheModeBits,
  cacheModeNumber,
  hex,
  hex16,
  offsetInPage,
  PAGE_MASK,
  pageAlign,
  physAddr,
  u64,
  vaddr,
  vaOfPhys,
  type CacheMode,
  type Vaddr,
} from '@kwind/x86';
import { VM } from '@kwind/state';
import { call, type KernelContext } from '../../../context.ts';
import { iomemMapSanityCheck } from '../../../kernel/resource.ts';
import { ioremapPageRange } from '../../../mm/ioremap_page_range.ts';
import { pageReserved, systemRamFrames } from '../../../mm/system_ram.ts';
import { callerOf, getVmArea, removeVmArea } from '../../../mm/vmalloc.ts';
import { warnOnce } from '../../../once.ts';
import { printk, type Site } from '../../../warn.ts';
import { kernelProt } from '../include/kernel_prot.ts';
import { isNewMemtypeAllowed, memtypeFree, memtypeReserve } from './pat/memtype.ts';
import { memtypeKernelMapSync } from './pat/set_memory.ts';

const FN = '__ioremap_caller';
const site: Site = { fn: FN, file: 'arch/x86/mm/ioremap.c' };
const ISA_START = 0xa_0000n;
const ISA_END = 0x10_0000n;

/** What a call may be given beyond the kernel's arguments. */
export interface IoremapOptions {
  /** Where the area goes if that is known: a capture of a real kernel knows where other users of the area left room. */
  readonly at?: Vaddr;
}

/** A request that passed the checks, in whole pages. */
interface PageRequest {
  readonly phys: bigint;
  readonly size: bigint;
  readonly offset: bigint;
}

/**
 * Map device memory into a virtual area of its own.
 *
 * @param phys byte address; its offset in the page is kept in the result
 * @param size bytes
 * @param mode memory type asked for; an earlier note for the same memory wins
 * @returns the virtual byte address, or null where the kernel returns NULL: silently for size 0 and a range that wraps; with a
 *          message for an address the CPU cannot have and for a memory type that cannot be had; with a WARN, once in a boot,
 *          for RAM that the kernel uses. Up to 4.9 the ISA range is answered with its direct-map address
 * @emits in this order memtype.reserved, area.claimed, the stores that map the pages; then what iomem_map_sanity_check() says
 * @kernel arch/x86/mm/ioremap.c __ioremap_caller()
 */
export function ioremapCaller(
  ctx: KernelContext,
  phys: bigint,
  size: bigint,
  mode: CacheMode,
  options: IoremapOptions = {},
): Vaddr | null {
  return call(ctx, FN, [phys, size, BigInt(cacheModeNumber(mode))], () => {
    const last = u64(phys + size - 1n);
    if (size === 0n || last < phys) return null;
    if (phys >> BigInt(ctx.profile.physBits) !== 0n) {
      // Only the first byte is looked at.
      printk(ctx, 'WARNING', `ioremap: invalid physical address ${phys.toString(16)}`);
      warnOnce(ctx, true, site, '', `${FN}.invalid`);
      return null;
    }
    const { isaRangeDirect } = ctx.profile.ioremap;
    if (isaRangeDirect && phys >= ISA_START && last <= ISA_END) return vaOfPhys(ctx.profile, physAddr(phys));
    if (isUsedRam(ctx, phys, last)) {
      warnOnce(ctx, true, site, `ioremap on RAM at ${hex16(phys)} - ${hex16(last)}`);
      return null;
    }
    const mapped = mapPages(ctx, pagesOf(ctx, phys, last), mode, options);
    if (mapped !== null) checkResources(ctx, phys, size);
    return mapped;
  });
}

/** Pages of System RAM that the kernel has given out or may give out; reserved ones, the kernel image among them, may be mapped. */
function isUsedRam(ctx: KernelContext, phys: bigint, last: bigint): boolean {
  const isWhole = ctx.profile.ioremap.ramCheck === 'pages';
  const runs = isWhole ? systemRamFrames(ctx, phys & PAGE_MASK, last | 0xfffn) : systemRamFrames(ctx, phys, last);
  for (const run of runs) {
    for (let frame = run.first; frame < run.end; frame++) if (!pageReserved(ctx, frame)) return true;
  }
  return false;
}

function pagesOf(ctx: KernelContext, phys: bigint, last: bigint): PageRequest {
  const { masksBeforeSize, physicalMaskBits } = ctx.profile.ioremap;
  const masked = phys & PAGE_MASK & ((1n << BigInt(physicalMaskBits)) - 1n);
  const start = masksBeforeSize ? masked : phys & PAGE_MASK;
  return { phys: masked, size: u64(pageAlign(u64(last + 1n)) - start), offset: offsetInPage(phys) };
}

function mapPages(ctx: KernelContext, request: PageRequest, wanted: CacheMode, options: IoremapOptions): Vaddr | null {
  const { phys, size } = request;
  const { error, mode } = memtypeReserve(ctx, phys, phys + size, wanted);
  if (error !== 0n) {
    printk(ctx, 'ERR', `ioremap ${ctx.profile.ioremap.reserveName} failed ${BigInt.asIntN(64, error)}`);
    return null;
  }
  if (mode !== wanted && !isNewMemtypeAllowed(phys, phys + size, wanted, mode)) {
    const types = `requested ${hex(cacheModeNumber(wanted))}, got ${hex(cacheModeNumber(mode))}`;
    printk(ctx, 'ERR', `ioremap error for ${hex(phys)}-${hex(phys + size)}, ${types}`);
    memtypeFree(ctx, phys, phys + size);
    return null;
  }
  const mapped = mapArea(ctx, request, mode, options);
  if (mapped === null) memtypeFree(ctx, phys, phys + size);
  return mapped;
}

function mapArea(
  ctx: KernelContext,
  { phys, size, offset }: PageRequest,
  mode: CacheMode,
  { at }: IoremapOptions,
): Vaddr | null {
  const placed = at === undefined ? {} : { at: vaddr(at & PAGE_MASK) };
  const start = getVmArea(ctx, { size, flags: VM.IOREMAP, phys, caller: ioremapUser(ctx), ...placed });
  if (start === null) return null;
  const prot = kernelProt(ctx, 'PAGE_KERNEL_IO') | cacheModeBits(ctx.profile, mode);
  const failed =
    memtypeKernelMapSync(ctx, phys, size, mode) !== 0n ||
    ioremapPageRange(ctx, start, vaddr(start + size), phys, prot) !== 0n;
  if (failed) {
    removeVmArea(ctx, start);
    return null;
  }
  return vaddr(start + offset);
}

/** Who called the variant that is around this call; a bare call of this function is its own variant. */
const ioremapUser = (ctx: KernelContext): string => callerOf(ctx.view.calls?.outer ?? ctx.view.calls);

/** A mapping across several devices is made, and complained about. */
function checkResources(ctx: KernelContext, phys: bigint, size: bigint): void {
  if (iomemMapSanityCheck(ctx, phys, size) === 0n) return;
  const { multipleBars } = ctx.profile.ioremap;
  if (multipleBars === 'line') printk(ctx, 'WARNING', `caller ${ioremapUser(ctx) || '0x0'} mapping multiple BARs`);
  else warnOnce(ctx, true, site, 'Info: mapping multiple BARs. Your kernel is fine.', `${FN}.bars`);
}
