import { u64 } from '@kwind/x86';
import type { ResourceNode } from '@kwind/state';
import { call, type KernelContext } from '../../context.ts';
import { minus } from '../../errno.ts';
import { bug } from '../../warn.ts';
import { noteConflict, reasonOf, requestInto } from './conflict.ts';
import { factsOf, nodeAt, setBounds, site } from './node.ts';
import { bothNodes } from './request.ts';

/** What a place must fulfil. */
export interface Constraint {
  readonly size: bigint;
  readonly min: bigint;
  readonly max: bigint;
  /** A power of two. */
  readonly align: bigint;
}

interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

const alignUp = (value: bigint, align: bigint): bigint => u64(value + align - 1n) & u64(-align);

/** The lowest place in a gap; undefined when it is too small, or when aligning wraps around. */
function fit(gap: Range, { size, min, max, align }: Constraint): Range | undefined {
  const [low, high] = [gap.start < min ? min : gap.start, gap.end > max ? max : gap.end];
  const start = alignUp(low, align);
  const end = u64(start + size - 1n);
  return start >= low && start <= end && end <= high ? { start, end } : undefined;
}

/** Gaps between the children of `root`, lowest first; the range of `old`, which may move, counts as free. */
function* gapsOf(ctx: KernelContext, root: ResourceNode, old: bigint | undefined): Generator<Range> {
  let { start } = root;
  for (const id of root.children) {
    const child = nodeAt(ctx, id)!;
    const end = id === old ? child.end : child.start - 1n;
    if (end >= start) yield { start, end };
    if (child.end === root.end) return;
    if (id !== old) start = child.end + 1n;
  }
  yield { start, end: root.end };
}

/**
 * The first place that fits, from low addresses to high, among the direct children of `root`.
 *
 * @param old a resource in that list that is to move: its own range may be used
 * @kernel kernel/resource.c find_resource(); the callback of x86 that keeps allocations off the BIOS area and off e820 is not modelled
 */
export function findResource(
  ctx: KernelContext,
  root: ResourceNode,
  constraint: Constraint,
  old?: bigint,
): Range | undefined {
  for (const gap of gapsOf(ctx, root, old)) {
    const found = fit(gap, constraint);
    if (found) return found;
  }
  return undefined;
}

/** Move a linked resource: in place where the new range and the old one contain each other, else by linking it anew. */
function reallocate(ctx: KernelContext, root: ResourceNode, node: ResourceNode, found: Range): bigint {
  const grows = found.start <= node.start && node.end <= found.end;
  const shrinks = node.start <= found.start && found.end <= node.end;
  if (!grows && node.children.length > 0) return minus('EBUSY');
  if (grows || shrinks) {
    setBounds(ctx, node, found.start, found.end);
    return 0n;
  }
  ctx.emit({ type: 'resource.released', ...factsOf(node), parent: node.parent });
  setBounds(ctx, node, found.start, found.end);
  bug(ctx, requestInto(ctx, nodeAt(ctx, root.id)!, nodeAt(ctx, node.id)!) !== undefined, site('reallocate_resource'));
  return 0n;
}

/**
 * Find a free range below `root` and link the resource there; a resource that is linked already moves.
 *
 * @returns 0, or −EBUSY when no place fits
 * @emits resource.adjusted, then resource.claimed; a linked one may be released in between
 * @kernel kernel/resource.c allocate_resource()
 */
export function allocateResource(ctx: KernelContext, root: bigint, id: bigint, constraint: Constraint): bigint {
  const { size, min, max, align } = constraint;
  return call(ctx, 'allocate_resource', [root, id, size, min, max, align], () => {
    const nodes = bothNodes(ctx, 'allocate_resource', root, id);
    if (!nodes) return 0n;
    const [parent, node] = nodes;
    const linked = node.parent !== 0n;
    const found = findResource(ctx, parent, constraint, linked ? id : undefined);
    if (!found) return minus('EBUSY');
    if (linked) return reallocate(ctx, parent, node, found);
    setBounds(ctx, node, found.start, found.end);
    const placed = nodeAt(ctx, id)!;
    const conflict = requestInto(ctx, parent, placed);
    if (!conflict) return 0n;
    noteConflict(ctx, placed, conflict, reasonOf(ctx, parent, placed, conflict), 'refused');
    return minus('EBUSY');
  });
}
