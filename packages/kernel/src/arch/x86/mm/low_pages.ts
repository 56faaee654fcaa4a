import {
  PAGE_MASK,
  PAGE_SIZE,
  pageAlign,
  paOf,
  pfnOf,
  physAddr,
  ToolError,
  vaddr,
  type Level,
  type Pfn,
  type Vaddr,
} from '@kwind/x86';
import { call, type KernelContext } from '../../../context.ts';
import { findFreeRam, type ByteRange } from '../../../mm/memblock.ts';
import { setVariable, variable } from '../../../variables.ts';
import { bug } from '../../../warn.ts';

/** The strings of the DMI tables were put at the start of the brk area before; on machines seen they take part of one page. */
const DMI_STRINGS = 1n;

/** Where brk space was handed out up to: `_brk_end`. */
export function brkEnd(ctx: KernelContext): Vaddr {
  const known = variable(ctx, '_brk_end');
  return vaddr(known === 0n ? pageAlign(symbolAddress(ctx, '__bss_stop')) + DMI_STRINGS : known);
}

function symbolAddress(ctx: KernelContext, name: string): Vaddr {
  const address = ctx.profile.symbols[name];
  if (address !== undefined) return address;
  throw new ToolError(
    'option/invalid',
    `profile ${ctx.profile.name} does not say where ${name} is.`,
    `Give symbol.${name}=ADDRESS.`,
  );
}

/**
 * Space behind the kernel's bss that its image has room for.
 * @emits variable.set; bug.raised past the end of the image
 * @kernel arch/x86/kernel/setup.c extend_brk()
 */
export function extendBrk(ctx: KernelContext, size: bigint, align: bigint): Vaddr | null {
  return call(ctx, 'extend_brk', [size, align], () => {
    const start = (brkEnd(ctx) + align - 1n) & ~(align - 1n);
    const limit = symbolAddress(ctx, '_end');
    if (bug(ctx, start + size > limit, { fn: 'extend_brk', file: 'arch/x86/kernel/setup.c' })) return null;
    setVariable(ctx, '_brk_end', start + size);
    return vaddr(start);
  });
}

/**
 * Set pages aside for the first tables of the direct map: nothing else can be reached yet.
 * @emits variable.set for pgt_buf_start, pgt_buf_end, pgt_buf_top: frame numbers
 * @kernel arch/x86/mm/init.c early_alloc_pgt_buf()
 */
export function earlyAllocPgtBuf(ctx: KernelContext): void {
  call(ctx, 'early_alloc_pgt_buf', [], () => {
    const pages = BigInt(ctx.profile.ioremap.directMap.pgtBufPages);
    const base = extendBrk(ctx, pages * PAGE_SIZE, PAGE_SIZE);
    const phys = base === null ? undefined : paOf(ctx.profile, base);
    if (phys === undefined) return;
    const start = phys >> 12n;
    setVariable(ctx, 'pgt_buf_start', start);
    setVariable(ctx, 'pgt_buf_end', start);
    setVariable(ctx, 'pgt_buf_top', start + pages);
  });
}

/** What alloc_low_pages() knows while the direct map is built. */
export interface LowPages {
  /** RAM in whole pages. */
  readonly runs: readonly ByteRange[];
  /** The range being mapped does not hold what is left of the pages set aside. */
  readonly canUseBrk: boolean;
}

/**
 * A zeroed page for a table: one that was set aside, else the highest free one of what is mapped already, else more brk.
 *
 * @emits table.allocated, variable.set; bug.raised where the kernel panics
 * @kernel arch/x86/mm/init.c alloc_low_pages()
 */
export function allocLowPage(ctx: KernelContext, level: Level, { runs, canUseBrk }: LowPages): Pfn | null {
  const frame = canUseBrk ? fromBuffer(ctx) : undefined;
  const found = frame ?? fromMapped(ctx, runs) ?? (canUseBrk ? fromBrk(ctx) : undefined);
  const site = { fn: 'alloc_low_pages', file: 'arch/x86/mm/init.c' };
  if (bug(ctx, found === undefined, site, 'alloc_low_pages: can not alloc memory')) return null;
  const table = pfnOf(physAddr(found! << 12n));
  ctx.emit({ type: 'table.allocated', table, level, name: '' });
  return table;
}

function fromBuffer(ctx: KernelContext): bigint | undefined {
  const next = variable(ctx, 'pgt_buf_end');
  if (next >= variable(ctx, 'pgt_buf_top')) return undefined;
  setVariable(ctx, 'pgt_buf_end', next + 1n);
  return next;
}

function fromMapped(ctx: KernelContext, runs: readonly ByteRange[]): bigint | undefined {
  const low = variable(ctx, 'min_pfn_mapped') << 12n;
  for (let high = variable(ctx, 'max_pfn_mapped') << 12n; low < high;) {
    const page = findFreeRam(ctx, runs, PAGE_SIZE, PAGE_SIZE, low, high);
    if (page === undefined) return undefined;
    if (!ctx.view.pages.has(pfnOf(physAddr(page)))) return page >> 12n;
    high = page;
  }
  return undefined;
}

function fromBrk(ctx: KernelContext): bigint | undefined {
  const page = extendBrk(ctx, PAGE_SIZE, PAGE_SIZE);
  const phys = page === null ? undefined : paOf(ctx.profile, vaddr(page & PAGE_MASK));
  return phys === undefined ? undefined : phys >> 12n;
}
