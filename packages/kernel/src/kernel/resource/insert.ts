import type { ResourceNode } from '@kwind/state';
import { call, type KernelContext } from '../../context.ts';
import { minus } from '../../errno.ts';
import { printk, warn } from '../../warn.ts';
import { noteConflict, requestInto, type ConflictOutcome, type ConflictReason } from './conflict.ts';
import { factsOf, isLinked, loseChildren, nodeAt, printName, setBounds, site } from './node.ts';
import { bothNodes } from './request.ts';

/** What an insertion failed on. */
interface Failure {
  readonly conflict: ResourceNode;
  readonly reason: ConflictReason;
}

const isSameRange = (a: ResourceNode, b: ResourceNode): boolean => a.start === b.start && a.end === b.end;
const contains = (outer: ResourceNode, inner: ResourceNode): boolean =>
  outer.start <= inner.start && inner.end <= outer.end;

/**
 * Insert below `parent`, or below whatever in it contains the new resource. Those that the new one contains become its
 * children, also one of the same range. BUSY does not matter here.
 * @kernel kernel/resource.c __insert_resource()
 */
function insertInto(ctx: KernelContext, root: ResourceNode, node: ResourceNode): Failure | undefined {
  let parent = root;
  for (;;) {
    const first = requestInto(ctx, parent, node);
    if (!first) return undefined;
    if (first.id === parent.id) return { conflict: first, reason: 'outside' };
    if (warn(ctx, first.id === node.id && node.parent === parent.id, site('__insert_resource')))
      return { conflict: first, reason: 'itself' };
    if (first.id === node.id || isLinked(ctx, node)) return { conflict: first, reason: 'linked-elsewhere' };
    if (!contains(first, node) || isSameRange(first, node)) return insertOver(ctx, parent, node, first);
    parent = first;
  }
}

/** Take the place of `first` and of those behind it that the new resource covers; one that sticks out cannot be helped. */
function insertOver(
  ctx: KernelContext,
  parent: ResourceNode,
  node: ResourceNode,
  first: ResourceNode,
): Failure | undefined {
  const covered: ResourceNode[] = [];
  for (const id of parent.children.slice(parent.children.indexOf(first.id))) {
    const next = nodeAt(ctx, id)!;
    if (next.start > node.end) break;
    if (!contains(node, next)) return { conflict: next, reason: 'partial-overlap' };
    covered.push(next);
  }
  loseChildren(ctx, node);
  for (const child of covered)
    ctx.emit({ type: 'resource.reparented', ...factsOf(child), before: parent.id, after: node.id });
  ctx.emit({ type: 'resource.inserted', ...factsOf(node), parent: parent.id });
  return undefined;
}

function insertOnce(ctx: KernelContext, root: bigint, id: bigint, outcome: ConflictOutcome): ResourceNode | null {
  const nodes = bothNodes(ctx, '__insert_resource', root, id);
  const failure = nodes && insertInto(ctx, ...nodes);
  if (!nodes || !failure) return null;
  noteConflict(ctx, nodes[1], failure.conflict, failure.reason, failure.conflict.id === root ? 'refused' : outcome);
  return failure.conflict;
}

/**
 * Insert a resource where it belongs, taking what it contains as children.
 *
 * @returns the resource that it half overlaps, or `root` when it does not fit into that; null when inserted
 * @emits resource.claimed into a free range; else resource.reparented for each that it takes over, then resource.inserted;
 *        resource.conflicted, and warn.raised when it is inserted already
 * @kernel kernel/resource.c insert_resource_conflict()
 */
export function insertResourceConflict(ctx: KernelContext, root: bigint, id: bigint): bigint | null {
  return call(ctx, 'insert_resource_conflict', [root, id], () => insertOnce(ctx, root, id, 'refused')?.id ?? null);
}

/** The same with an error code: 0 or −EBUSY. @kernel kernel/resource.c insert_resource() */
export function insertResource(ctx: KernelContext, root: bigint, id: bigint): bigint {
  return call(ctx, 'insert_resource', [root, id], () =>
    insertResourceConflict(ctx, root, id) === null ? 0n : minus('EBUSY'),
  );
}

/**
 * Insert a resource, growing it over whatever it half overlaps. Nothing happens when it is linked already, and it is left
 * out when it does not fit into `root`.
 *
 * @emits what insert_resource() does; for each conflict resource.conflicted, resource.adjusted, and a message
 * @kernel kernel/resource.c insert_resource_expand_to_fit()
 */
export function insertResourceExpandToFit(ctx: KernelContext, root: bigint, id: bigint): void {
  call(ctx, 'insert_resource_expand_to_fit', [root, id], () => {
    const nodes = bothNodes(ctx, 'insert_resource_expand_to_fit', root, id);
    if (!nodes || nodes[1].parent !== 0n) return;
    for (;;) {
      const conflict = insertOnce(ctx, root, id, 'expanded');
      if (!conflict || conflict.id === root) return;
      const node = nodeAt(ctx, id)!;
      const start = conflict.start < node.start ? conflict.start : node.start;
      const end = conflict.end > node.end ? conflict.end : node.end;
      setBounds(ctx, node, start, end);
      const { prefixed } = ctx.profile.resource;
      const text = `Expanded resource ${printName(node)} due to conflict with ${printName(conflict)}`;
      printk(ctx, prefixed ? 'INFO' : 'DEFAULT', prefixed ? `resource: ${text}` : text);
    }
  });
}
