import { u64 } from '@kwind/x86';
import type { ResourceNode } from '@kwind/state';
import { oops } from '../../arch/x86/mm/fault.ts';
import { call, type KernelContext } from '../../context.ts';
import { minus } from '../../errno.ts';
import { bug } from '../../warn.ts';
import { noteConflict, reasonOf, requestInto } from './conflict.ts';
import { dereference, factsOf, fieldOffset, nodeAt, setBounds, site } from './node.ts';

/** Pointers `root` and `new` as structs; undefined after the oops that a bad one causes. */
export function bothNodes(
  ctx: KernelContext,
  fn: string,
  root: bigint,
  id: bigint,
): readonly [ResourceNode, ResourceNode] | undefined {
  const node = dereference(ctx, fn, id);
  const parent = node && dereference(ctx, fn, root);
  return node && parent ? [parent, node] : undefined;
}

/**
 * Claim a range for `id` among the children of `root`. Only direct children are looked at.
 *
 * @param root resource to link under: a root of a tree, or any other resource
 * @returns the resource in the way (`root` itself when the range does not fit into it), or null when linked
 * @emits resource.claimed, or resource.conflicted
 * @kernel kernel/resource.c request_resource_conflict()
 */
export function requestResourceConflict(ctx: KernelContext, root: bigint, id: bigint): bigint | null {
  return call(ctx, 'request_resource_conflict', [root, id], () => {
    const nodes = bothNodes(ctx, '__request_resource', root, id);
    if (!nodes) return null;
    const [parent, node] = nodes;
    const conflict = requestInto(ctx, parent, node);
    if (!conflict) return null;
    noteConflict(ctx, node, conflict, reasonOf(ctx, parent, node, conflict), 'refused');
    return conflict.id;
  });
}

/** The same with an error code: 0 or −EBUSY. @kernel kernel/resource.c request_resource() */
export function requestResource(ctx: KernelContext, root: bigint, id: bigint): bigint {
  return call(ctx, 'request_resource', [root, id], () =>
    requestResourceConflict(ctx, root, id) === null ? 0n : minus('EBUSY'),
  );
}

/**
 * Find the parent that lists a resource.
 * @returns undefined and a BUG where the kernel follows a pointer to nowhere: a resource that is not linked has no parent,
 *          and one that was lost may have a parent that is freed (what KASAN would say)
 */
function listedIn(ctx: KernelContext, fn: string, node: ResourceNode): ResourceNode | undefined {
  if (node.parent === 0n) {
    oops(ctx, site(fn), fieldOffset(ctx, 'child'));
    return undefined;
  }
  const parent = nodeAt(ctx, node.parent);
  bug(ctx, !parent, site(fn), `BUG: KASAN: use-after-free in ${fn}`);
  return parent;
}

/**
 * Unlink a resource; what is below it goes with it.
 *
 * @returns 0, or −EINVAL when its parent does not list it
 * @emits resource.released; bug.raised when it is not linked at all: released twice
 * @kernel kernel/resource.c release_resource()
 */
export function releaseResource(ctx: KernelContext, id: bigint): bigint {
  return call(ctx, 'release_resource', [id], () => {
    const node = dereference(ctx, 'release_resource', id);
    const parent = node && listedIn(ctx, 'release_resource', node);
    if (!node || !parent) return 0n;
    if (!parent.children.includes(id)) return minus('EINVAL');
    ctx.emit({ type: 'resource.released', ...factsOf(node), parent: parent.id });
    return 0n;
  });
}

/**
 * Unlink a resource and leave what is below it in its place.
 *
 * @returns 0, or −EINVAL when its parent does not list it
 * @emits resource.released, then resource.reparented for each child
 * @kernel kernel/resource.c remove_resource()
 */
export function removeResource(ctx: KernelContext, id: bigint): bigint {
  return call(ctx, 'remove_resource', [id], () => {
    const node = dereference(ctx, 'remove_resource', id);
    const parent = node && listedIn(ctx, 'remove_resource', node);
    if (!node || !parent) return 0n;
    if (!parent.children.includes(id)) return minus('EINVAL');
    ctx.emit({ type: 'resource.released', ...factsOf(node), parent: parent.id });
    for (const child of node.children)
      ctx.emit({ type: 'resource.reparented', ...factsOf(nodeAt(ctx, child)!), before: id, after: parent.id });
    return 0n;
  });
}

/** Whoever keeps a resource from taking the range `start` to `end`: its parent, a neighbour, or a child left outside. */
function findObstacle(
  ctx: KernelContext,
  node: ResourceNode,
  start: bigint,
  end: bigint,
): readonly [ResourceNode, 'outside' | 'overlap' | 'excludes-child'] | undefined {
  const parent = nodeAt(ctx, node.parent);
  if (parent) {
    if (start < parent.start || end > parent.end) return [parent, 'outside'];
    const at = parent.children.indexOf(node.id);
    const [previous, next] = [parent.children[at - 1], parent.children[at + 1]].map((id) =>
      id === undefined ? undefined : nodeAt(ctx, id),
    );
    if (next && next.start <= end) return [next, 'overlap'];
    if (previous && start <= previous.end) return [previous, 'overlap'];
  }
  const outside = node.children.map((id) => nodeAt(ctx, id)!).find((child) => child.start < start || child.end > end);
  return outside && [outside, 'excludes-child'];
}

/**
 * Move the bounds of a resource in place.
 *
 * @param size bytes; the new end is start + size − 1, in 64-bit arithmetic
 * @returns 0, or −EBUSY when the parent, a neighbour or a child does not allow it
 * @emits resource.adjusted, or resource.conflicted with the bounds asked for
 * @kernel kernel/resource.c adjust_resource()
 */
export function adjustResource(ctx: KernelContext, id: bigint, start: bigint, size: bigint): bigint {
  return call(ctx, 'adjust_resource', [id, start, size], () => {
    const node = dereference(ctx, '__adjust_resource', id);
    if (!node) return 0n;
    const end = u64(start + size - 1n);
    const obstacle = findObstacle(ctx, node, start, end);
    if (obstacle) {
      noteConflict(ctx, { ...node, start, end }, ...obstacle, 'refused');
      return minus('EBUSY');
    }
    setBounds(ctx, node, start, end);
    return 0n;
  });
}
