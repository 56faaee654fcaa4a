import { PAGE_SIZE, vaddr, type Vaddr } from '@kwind/x86';
import { vmapHoles } from '@kwind/state';
import type { KernelContext } from '../context.ts';
import { setVariable, variable } from '../variables.ts';

/** What an area must satisfy. `size` includes the guard page, `align` is a power of two. */
export interface Request {
  readonly size: bigint;
  readonly align: bigint;
  readonly start: bigint;
  /** First byte that must not be used any more. */
  readonly end: bigint;
}

const alignUp = (value: bigint, align: bigint): bigint => (value + align - 1n) & ~(align - 1n);

/**
 * Find room for an area by this kernel's policy.
 * @returns its address, or undefined when there is none; addresses given up and not yet purged are not free
 * @emits variable.set for what next-fit remembers
 * @kernel mm/vmalloc.c alloc_vmap_area()
 */
export function placeArea(ctx: KernelContext, request: Request): Vaddr | undefined {
  return ctx.profile.ioremap.vmalloc.placement === 'lowest-fit' ? lowestFit(ctx, request) : nextFit(ctx, request);
}

/**
 * The lowest hole that is large enough wherever the alignment falls. The search counts the worst case: a hole that fits only
 * because its start happens to be aligned is passed over, unless it is the first of the range or none is larger.
 * (The kernel keeps holes in a tree and tries each one it passes, so by the tree's shape it may take such a hole.)
 */
function lowestFit(ctx: KernelContext, { size, align, start, end }: Request): Vaddr | undefined {
  const worst = align <= PAGE_SIZE ? size : size + align - 1n;
  const fitting = vmapHoles(ctx.view, start, end).filter((hole) => alignUp(hole.start, align) + size <= hole.end);
  const chosen = fitting.find((hole) => hole.start === start || hole.end - hole.start >= worst) ?? fitting[0];
  return chosen && vaddr(alignUp(chosen.start, align));
}

/** Variables of the kernel that next-fit keeps between calls; the cache is known by its area's start, 0 for NULL. */
const CACHE = 'free_vmap_cache';
const HOLE_SIZE = 'cached_hole_size';
const VSTART = 'cached_vstart';
const ALIGN = 'cached_align';

const remember = (ctx: KernelContext, name: string, value: bigint): void => {
  if (variable(ctx, name) !== value) setVariable(ctx, name, value);
};

interface Span {
  readonly start: bigint;
  readonly end: bigint;
}

/** Areas in the order of the kernel's tree, which keeps those given up until they are purged. */
const spans = (ctx: KernelContext): readonly Span[] =>
  [...ctx.view.control.vmalloc.areas, ...ctx.view.control.vmalloc.lazy].toSorted((a, b) =>
    a.start < b.start ? -1 : 1,
  );

/** Go on behind the area that was placed last, unless what is asked for may fit into a hole before it. */
function nextFit(ctx: KernelContext, { size, align, start, end }: Request): Vaddr | undefined {
  const areas = spans(ctx);
  const isStale =
    variable(ctx, CACHE) === 0n ||
    size < variable(ctx, HOLE_SIZE) ||
    start < variable(ctx, VSTART) ||
    align < variable(ctx, ALIGN);
  let cached = isStale ? undefined : areas.findIndex((area) => area.start === variable(ctx, CACHE));
  if (cached !== undefined && (cached < 0 || alignUp(areas[cached]!.end, align) < start)) cached = undefined;
  let hole = cached === undefined ? 0n : variable(ctx, HOLE_SIZE);
  remember(ctx, VSTART, start);
  remember(ctx, ALIGN, align);
  let address = alignUp(cached === undefined ? start : areas[cached]!.end, align);
  let at = cached ?? areas.findIndex((area) => area.end >= address);
  if (at >= 0) {
    while (at < areas.length && address + size > areas[at]!.start && address + size <= end) {
      if (address + hole < areas[at]!.start) hole = areas[at]!.start - address;
      address = alignUp(areas[at]!.end, align);
      at++;
    }
  }
  remember(ctx, HOLE_SIZE, hole);
  if (address + size > end) {
    if (cached === undefined) remember(ctx, CACHE, 0n);
    return undefined;
  }
  remember(ctx, CACHE, address);
  return vaddr(address);
}

/**
 * What next-fit forgets when an area is purged: it goes back to the area before it.
 * @param freed the area, still among the areas
 * @kernel mm/vmalloc.c __free_vmap_area(), up to 5.1
 */
export function forgetPlaced(ctx: KernelContext, freed: Span): void {
  const cache = variable(ctx, CACHE);
  if (ctx.profile.ioremap.vmalloc.placement !== 'next-fit' || cache === 0n) return;
  if (freed.end < variable(ctx, VSTART)) return remember(ctx, CACHE, 0n);
  if (freed.start > cache) return;
  remember(ctx, CACHE, spans(ctx).findLast((area) => area.start < freed.start)?.start ?? 0n);
}
