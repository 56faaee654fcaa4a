import { physAddr, PMD_SIZE, PTE, vaddr, vaOfPhys, _KERNPG_TABLE } from '@kwind/x86';
import { call, type KernelContext } from '../../../context.ts';
import { CR4, loadCr4, register } from '../../../cpu/tlb.ts';
import { findFreeRam, memoryRuns, ramOf, type ByteRange } from '../../../mm/memblock.ts';
import { setMemoryEnd } from '../../../mm/page_alloc.ts';
import { setVariable, variable } from '../../../variables.ts';
import { printk } from '../../../warn.ts';
import { kernelProt } from '../include/kernel_prot.ts';
import { maskValue } from '../include/pgprot.ts';
import { setEntry } from '../include/pgtable.ts';
import { splitMemRange, type PageSizes } from './init_ranges.ts';
import { allocLowPage } from './low_pages.ts';
import { kernelPhysicalMappingInit } from './physical_mapping.ts';
import { flushAll, loadPgd } from './tlb.ts';

const ISA_END = 0x10_0000n;
const SHIFT = 12n;
/** How much larger each step downward is than the one before: one bit less than a table's worth, so that 4 KiB pages too fit. */
const STEP_SHIFT = 8n;
const FOUR_GIB_FRAMES = 1n << 20n;

/** The memory that the direct map is built for. */
interface DirectMap {
  readonly ctx: KernelContext;
  readonly ram: readonly ByteRange[];
  readonly runs: readonly ByteRange[];
  readonly allowed: PageSizes;
}

/**
 * Learn from the CPU which pages it has, and turn on what the direct map uses.
 *
 * @emits cr4.written and tlb.flushed where PSE or PGE was off; variable.set for the two masks of entries, from which Global
 *        is gone for a moment
 * @kernel arch/x86/mm/init.c probe_page_size_mask()
 */
export function probePageSizeMask(ctx: KernelContext): PageSizes {
  const sizes: PageSizes = { pmd: true, pud: ctx.profile.gbPages };
  call(ctx, 'probe_page_size_mask', [], () => {
    setCr4Bits(ctx, CR4.PSE);
    setMask(ctx, '__supported_pte_mask', maskValue(ctx, '__supported_pte_mask') & ~PTE.GLOBAL);
    if (ctx.profile.pge) {
      setCr4Bits(ctx, CR4.PGE);
      setMask(ctx, '__supported_pte_mask', maskValue(ctx, '__supported_pte_mask') | PTE.GLOBAL);
    }
    // Under page-table isolation the profile's mask says that the kernel's own pages are not global.
    if (ctx.profile.ioremap.directMap.defaultMask)
      setMask(ctx, '__default_kernel_pte_mask', ctx.profile.defaultKernelPteMask);
    if (sizes.pud) printk(ctx, 'INFO', 'Using GB pages for direct mapping');
  });
  return sizes;
}

function setCr4Bits(ctx: KernelContext, bits: bigint): void {
  const before = register(ctx, 'cr4');
  if ((before & bits) !== bits) loadCr4(ctx, before | bits);
}

function setMask(ctx: KernelContext, name: '__supported_pte_mask' | '__default_kernel_pte_mask', after: bigint): void {
  ctx.emit({ type: 'variable.set', name, before: maskValue(ctx, name), after });
}

/**
 * Map all RAM at PAGE_OFFSET in the final tables, and switch to them: the first MiB, then from the highest free 2 MiB down in
 * growing steps, so that each step's tables fit into what is mapped already, and last what lies above those 2 MiB.
 *
 * @param ram to the byte, by rising address; the kernel's memory map unless given
 * @emits the masks and CR4 (see probePageSizeMask()), entry stores for each range, cr3.loaded, a global flush
 * @kernel arch/x86/mm/init.c init_mem_mapping()
 */
export function initMemMapping(ctx: KernelContext, ram: readonly ByteRange[] = ramOf(ctx)): void {
  call(ctx, 'init_mem_mapping', [], () => {
    const runs = memoryRuns(ram);
    const end = runs.at(-1)?.end ?? 0n;
    noteMemoryEnd(ctx, end);
    const map: DirectMap = { ctx, ram, runs, allowed: probePageSizeMask(ctx) };
    initMemoryMapping(map, 0n, ISA_END);
    initTrampoline(map);
    memoryMapTopDown(map, ISA_END, end);
    loadPgd(ctx, vaddr(ctx.profile.symbols[ctx.profile.finalRoot]!));
    flushAll(ctx);
    setMemoryEnd(ctx, end);
  });
}

/**
 * Tables of the real-mode trampoline of a direct map that KASLR moved: the first MiB must stand at its own address too.
 * The entry for it is copied by assignment, which is no store of set_pud(), and is not shown.
 *
 * @emits table.allocated; with 5 levels a second one, and p4d.populated
 * @kernel arch/x86/mm/kaslr.c init_trampoline_kaslr()
 */
function initTrampoline({ ctx, runs }: DirectMap): void {
  if (ctx.profile.pageOffset === ctx.profile.earlyPageOffset) return;
  call(ctx, 'init_trampoline_kaslr', [], () => {
    const pages = { runs, canUseBrk: true };
    const pud = allocLowPage(ctx, 'pud', pages);
    const p4d = ctx.profile.levels === 5 ? allocLowPage(ctx, 'p4d', pages) : null;
    if (pud !== null && p4d !== null) setEntry(ctx, 'p4d', p4d, 0, (BigInt(pud) << SHIFT) | _KERNPG_TABLE);
  });
}

/** max_pfn and high_memory, as setup_arch() sets them before; only what nobody has set yet. */
function noteMemoryEnd(ctx: KernelContext, end: bigint): void {
  if (variable(ctx, 'max_pfn') === 0n) setVariable(ctx, 'max_pfn', end >> SHIFT);
  if (variable(ctx, 'high_memory') === 0n) setVariable(ctx, 'high_memory', vaOfPhys(ctx.profile, physAddr(end)));
}

/** Enter a range into the direct map, whether or not it is RAM. @kernel arch/x86/mm/init.c init_memory_mapping() */
function initMemoryMapping(map: DirectMap, start: bigint, end: bigint): void {
  const { ctx, ram, runs, allowed } = map;
  call(ctx, 'init_memory_mapping', [start, end], () => {
    const pages = { runs, canUseBrk: !overlapsPgtBuf(ctx, start, end) };
    let last = 0n;
    for (const range of splitMemRange(start, end, allowed, runs)) {
      last = kernelPhysicalMappingInit(ctx, range, ram, pages, kernelProt(ctx, 'PAGE_KERNEL'));
    }
    addPfnRangeMapped(ctx, start >> SHIFT, last >> SHIFT);
  });
}

/** Whether a range holds what is left of the pages set aside for tables: then they are not yet reachable. */
function overlapsPgtBuf(ctx: KernelContext, start: bigint, end: bigint): boolean {
  const [left, top] = [variable(ctx, 'pgt_buf_end') << SHIFT, variable(ctx, 'pgt_buf_top') << SHIFT];
  return (start > left ? start : left) < (end < top ? end : top);
}

function addPfnRangeMapped(ctx: KernelContext, start: bigint, end: bigint): void {
  if (end > variable(ctx, 'max_pfn_mapped')) setVariable(ctx, 'max_pfn_mapped', end);
  const low = end < FOUR_GIB_FRAMES ? end : FOUR_GIB_FRAMES;
  if (start < FOUR_GIB_FRAMES && low > variable(ctx, 'max_low_pfn_mapped')) setVariable(ctx, 'max_low_pfn_mapped', low);
}

/** @kernel arch/x86/mm/init.c memory_map_top_down() */
function memoryMapTopDown(map: DirectMap, low: bigint, high: bigint): void {
  const { ctx, runs } = map;
  call(ctx, 'memory_map_top_down', [low, high], () => {
    const usual = findFreeRam(ctx, runs, PMD_SIZE, PMD_SIZE, low, high) ?? 0n;
    const free = ctx.given?.firstMapped?.(usual) ?? usual;
    const realEnd = free + PMD_SIZE;
    let step = PMD_SIZE;
    let mapped = 0n;
    setVariable(ctx, 'max_pfn_mapped', 0n);
    setVariable(ctx, 'min_pfn_mapped', realEnd >> SHIFT);
    for (let lastStart = realEnd; lastStart > low;) {
      const rounded = lastStart > step ? (lastStart - 1n) & ~(step - 1n) : low;
      const start = rounded < low ? low : rounded;
      mapped += initRangeMemoryMapping(map, start, lastStart);
      lastStart = start;
      setVariable(ctx, 'min_pfn_mapped', start >> SHIFT);
      if (mapped >= step) step <<= STEP_SHIFT;
    }
    if (realEnd < high) initRangeMemoryMapping(map, realEnd, high);
  });
}

/** Map the RAM of a range, run by run. @returns bytes of RAM @kernel arch/x86/mm/init.c init_range_memory_mapping() */
function initRangeMemoryMapping(map: DirectMap, from: bigint, to: bigint): bigint {
  let mapped = 0n;
  for (const run of map.runs) {
    const start = run.start > from ? run.start : from;
    const end = run.end < to ? run.end : to;
    if (start >= end) continue;
    initMemoryMapping(map, start, end);
    mapped += end - start;
  }
  return mapped;
}
