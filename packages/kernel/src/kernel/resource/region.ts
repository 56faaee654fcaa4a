import { bare16, IOMEM_RESOURCE, IOPORT_RESOURCE, IORESOURCE, u64 } from '@kwind/x86';
import { resourceById, type ResourceNode } from '@kwind/state';
import { call, type KernelContext } from '../../context.ts';
import { minus } from '../../errno.ts';
import { printk } from '../../warn.ts';
import { findConflict, noteConflict } from './conflict.ts';
import { createNode, dereference, factsOf, freeNode, isBusy, nodeAt } from './node.ts';
import { releaseResource } from './request.ts';

/** Flags of a region that lands below `parent`: its type, BUSY, and what was asked for. */
function regionFlags(ctx: KernelContext, parent: ResourceNode, flags: bigint): bigint {
  const type = ctx.profile.resource.inheritsType
    ? IORESOURCE.TYPE_BITS | IORESOURCE.EXT_TYPE_BITS
    : IORESOURCE.TYPE_BITS;
  return (parent.flags & type) | IORESOURCE.BUSY | flags;
}

/** From 4.6 on type and desc follow the resource that the region is about to land under. */
function takeTypeOf(ctx: KernelContext, parent: ResourceNode, id: bigint, flags: bigint): void {
  const node = nodeAt(ctx, id)!;
  const after = regionFlags(ctx, parent, flags);
  if (!ctx.profile.resource.inheritsType || (node.flags === after && node.desc === parent.desc)) return;
  ctx.emit({ type: 'resource.flagged', id, before: node.flags, after, descBefore: node.desc, desc: parent.desc });
}

/**
 * Look for a place, going down through resources that are not busy.
 *
 * @param from resource to start below
 * @returns the region's pointer, or null when it was refused (and freed) or sleeps
 */
function settle(ctx: KernelContext, from: bigint, id: bigint, flags: bigint): bigint | null {
  let parent = nodeAt(ctx, from)!;
  for (;;) {
    takeTypeOf(ctx, parent, id, flags);
    const node = nodeAt(ctx, id)!;
    const conflict = findConflict(ctx, parent, node);
    if (!conflict) {
      ctx.emit({ type: 'resource.claimed', ...factsOf(node), parent: parent.id });
      return id;
    }
    const inside = conflict.id !== parent.id;
    if (inside && !isBusy(conflict)) {
      parent = conflict;
      continue;
    }
    if ((conflict.flags & flags & IORESOURCE.MUXED) !== 0n) {
      // 4.0 has gone down to the busy region already, and looks below it when it wakes up.
      const next = ctx.profile.resource.muxedRetry === 'below-conflict' ? conflict : parent;
      ctx.emit({ type: 'resource.waiting', ...factsOf(node), other: conflict.id, parent: next.id, flags });
      return null;
    }
    noteConflict(ctx, node, conflict, inside ? 'busy' : 'outside', 'refused');
    freeNode(ctx, id);
    return null;
  }
}

const nameText = (name: string): string => `name="${name}"`;

/**
 * Make a busy region of `n` units from `start` on, below `parent` or whatever resource in it holds the range and is not busy.
 * Fails without a message when the range does not fit (also n = 0), or when a busy resource is in the way.
 *
 * A request that asks for MUXED and meets a MUXED region would sleep until that is released. One simulated CPU cannot
 * sleep: the call returns NULL after resource.waiting, and the release that wakes it runs the rest as a second
 * `__request_region` call, whose result is the region.
 *
 * @param flags IORESOURCE_MUXED, IORESOURCE_EXCLUSIVE or 0
 * @returns the region's pointer, or null
 * @emits resource.created, resource.flagged when the type follows a parent, resource.claimed; or resource.conflicted and
 *        resource.freed; or resource.waiting
 * @kernel kernel/resource.c __request_region(); 4.0 retries below the region that it slept on, which may be freed by then
 */
export function requestRegionBelow(
  ctx: KernelContext,
  parent: bigint,
  start: bigint,
  n: bigint,
  name: string,
  flags = 0n,
): bigint | null {
  const body = (): bigint | null => {
    const root = dereference(ctx, '__request_region', parent);
    if (!root) return null;
    const desc = ctx.profile.resource.inheritsType ? root.desc : 0;
    const id = createNode(ctx, { start, end: u64(start + n - 1n), name, flags: regionFlags(ctx, root, flags), desc });
    return settle(ctx, parent, id, flags);
  };
  return call(ctx, '__request_region', [parent, start, n, flags], body, nameText(name));
}

/** A macro over __request_region() on one of the roots. */
const onRoot =
  (fn: string, root: bigint, flags = 0n) =>
  (ctx: KernelContext, start: bigint, n: bigint, name: string): bigint | null =>
    call(ctx, fn, [start, n], () => requestRegionBelow(ctx, root, start, n, name, flags), nameText(name));

/** I/O ports. @kernel include/linux/ioport.h request_region() */
export const requestRegion = onRoot('request_region', IOPORT_RESOURCE);
/** I/O ports that drivers take in turns. @kernel include/linux/ioport.h request_muxed_region() */
export const requestMuxedRegion = onRoot('request_muxed_region', IOPORT_RESOURCE, IORESOURCE.MUXED);
/** Device memory. @kernel include/linux/ioport.h request_mem_region() */
export const requestMemRegion = onRoot('request_mem_region', IOMEM_RESOURCE);
/** Device memory that user space must not map. @kernel include/linux/ioport.h request_mem_region_exclusive() */
export const requestMemRegionExclusive = onRoot('request_mem_region_exclusive', IOMEM_RESOURCE, IORESOURCE.EXCLUSIVE);

/** The busy region of exactly this range: going down through what is not busy, never back up. */
function findRegion(ctx: KernelContext, parent: ResourceNode, start: bigint, end: bigint): ResourceNode | undefined {
  let list = parent.children;
  for (let i = 0; i < list.length;) {
    const { start: first, end: last } = resourceById(ctx.view, list[i]!)!;
    if (first > start || last < end) {
      i++;
      continue;
    }
    const node = nodeAt(ctx, list[i]!)!;
    if (isBusy(node)) return first === start && last === end ? node : undefined;
    [list, i] = [node.children, 0];
  }
  return undefined;
}

/** Let every sleeping request look again, in the order in which they fell asleep. */
function wakeWaiters(ctx: KernelContext): void {
  const waiters = ctx.view.control.resources.waiters.map((waiter) => ({ ...waiter }));
  for (const { id, parent, flags } of waiters) {
    const node = nodeAt(ctx, id)!;
    const args = [parent, node.start, u64(node.end - node.start + 1n), flags];
    ctx.emit({ type: 'resource.woken', ...factsOf(node), parent });
    call(ctx, '__request_region', args, () => settle(ctx, parent, id, flags), nameText(node.name));
  }
}

/**
 * Release the busy region of exactly this range. What is below it is not released: it hangs on freed memory then.
 * Requests that sleep on a muxed region go on after this call, as the woken task would after the releaser.
 *
 * @emits resource.released, resource.lost for each child, resource.freed; or only a message when there is no such region
 * @kernel kernel/resource.c __release_region()
 */
export function releaseRegionBelow(ctx: KernelContext, parent: bigint, start: bigint, n: bigint): void {
  let wakes = false;
  call(ctx, '__release_region', [parent, start, n], () => {
    const root = dereference(ctx, '__release_region', parent);
    if (!root) return;
    const end = u64(start + n - 1n);
    const node = findRegion(ctx, root, start, end);
    if (!node) return warnNonexistent(ctx, start, end);
    ctx.emit({ type: 'resource.released', ...factsOf(node), parent: node.parent });
    freeNode(ctx, node.id);
    wakes = (node.flags & IORESOURCE.MUXED) !== 0n;
  });
  if (wakes) wakeWaiters(ctx);
}

function warnNonexistent(ctx: KernelContext, start: bigint, end: bigint): void {
  const text = 'Trying to free nonexistent resource';
  const [from, to] = [bare16(start), bare16(end)];
  printk(
    ctx,
    'WARNING',
    ctx.profile.resource.prefixed ? `resource: ${text} <0x${from}-0x${to}>` : `${text} <${from}-${to}>`,
  );
}

/** @kernel include/linux/ioport.h release_region() */
export function releaseRegion(ctx: KernelContext, start: bigint, n: bigint): void {
  call(ctx, 'release_region', [start, n], () => releaseRegionBelow(ctx, IOPORT_RESOURCE, start, n));
}

/** @kernel include/linux/ioport.h release_mem_region() */
export function releaseMemRegion(ctx: KernelContext, start: bigint, n: bigint): void {
  call(ctx, 'release_mem_region', [start, n], () => releaseRegionBelow(ctx, IOMEM_RESOURCE, start, n));
}

/**
 * Say whether a range is free, by claiming and releasing it: no pure question. Somebody else may take it right after.
 * @returns 0 or −EBUSY
 * @kernel kernel/resource.c __check_region(), up to 4.3
 */
function checkRegionBelow(ctx: KernelContext, parent: bigint, start: bigint, n: bigint): bigint {
  return call(ctx, '__check_region', [parent, start, n], () => {
    const region = requestRegionBelow(ctx, parent, start, n, 'check-region');
    if (region === null) return minus('EBUSY');
    releaseResource(ctx, region);
    freeNode(ctx, region);
    return 0n;
  });
}

/** @kernel include/linux/ioport.h check_region(), up to 4.3 */
export const checkRegion = (ctx: KernelContext, start: bigint, n: bigint): bigint =>
  call(ctx, 'check_region', [start, n], () => checkRegionBelow(ctx, IOPORT_RESOURCE, start, n));

/** @kernel include/linux/ioport.h check_mem_region(), up to 4.3 */
export const checkMemRegion = (ctx: KernelContext, start: bigint, n: bigint): bigint =>
  call(ctx, 'check_mem_region', [start, n], () => checkRegionBelow(ctx, IOMEM_RESOURCE, start, n));

/** Give a live region another name: a macro that stores a pointer. @kernel include/linux/ioport.h rename_region() */
export function renameRegion(ctx: KernelContext, region: bigint, name: string): void {
  const body = (): void => {
    const node = dereference(ctx, 'rename_region', region);
    if (node) ctx.emit({ type: 'resource.renamed', id: region, before: node.name, after: name });
  };
  call(ctx, 'rename_region', [region], body, nameText(name));
}
