import { resourceById, type ResourceNode } from '@kwind/state';
import type { KernelContext } from '../../context.ts';
import { factsOf, isLinked, nodeAt } from './node.ts';

/** Why a resource could not be linked. `linked-elsewhere` is ours: the kernel does not look and would ruin both lists. */
export type ConflictReason =
  | 'outside'
  | 'overlap'
  | 'busy'
  | 'partial-overlap'
  | 'itself'
  | 'excludes-child'
  | 'linked-elsewhere';
/** What the kernel did about it. */
export type ConflictOutcome = 'refused' | 'expanded' | 'split' | 'dropped';

/** A range of addresses, both ends inclusive. */
type Range = Pick<ResourceNode, 'start' | 'end'>;

/**
 * What is in the way of a range among the direct children of `root`: the first child that it touches, `root` itself when
 * the range does not lie in it or ends before it starts, or nothing. Nothing is moved.
 * @kernel kernel/resource.c __request_resource()
 */
export function findConflict(ctx: KernelContext, root: ResourceNode, { start, end }: Range): ResourceNode | undefined {
  if (end < start || start < root.start || end > root.end) return root;
  for (const id of root.children) {
    // Looked at in place: a long list is mostly skipped.
    const child = resourceById(ctx.view, id)!;
    if (child.start > end) return undefined;
    if (child.end >= start) return nodeAt(ctx, id);
  }
  return undefined;
}

/**
 * Link a resource into a free range below `root`.
 * @returns what was in the way, or undefined when it is linked now
 * @emits resource.claimed
 * @kernel kernel/resource.c __request_resource()
 */
export function requestInto(ctx: KernelContext, root: ResourceNode, node: ResourceNode): ResourceNode | undefined {
  const conflict = findConflict(ctx, root, node);
  if (conflict) return conflict;
  if (isLinked(ctx, node)) return node;
  ctx.emit({ type: 'resource.claimed', ...factsOf(node), parent: root.id });
  return undefined;
}

/** Name of a conflict that {@link requestInto} met. */
export function reasonOf(
  ctx: KernelContext,
  root: ResourceNode,
  node: ResourceNode,
  conflict: ResourceNode,
): ConflictReason {
  if (conflict.id === root.id) return 'outside';
  if (conflict.id !== node.id) return 'overlap';
  return nodeAt(ctx, node.id)?.parent === root.id ? 'itself' : 'linked-elsewhere';
}

/** Record a conflict with both sides; `node` may carry bounds that were only asked for. */
export function noteConflict(
  ctx: KernelContext,
  node: ResourceNode,
  other: ResourceNode,
  reason: ConflictReason,
  outcome: ConflictOutcome,
): void {
  const { id, start, end, name } = other;
  ctx.emit({
    type: 'resource.conflicted',
    ...factsOf(node),
    other: id,
    otherStart: start,
    otherEnd: end,
    otherName: name,
    reason,
    outcome,
  });
}
