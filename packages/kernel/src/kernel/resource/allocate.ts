import { IORESOURCE, u64 } from '@kwind/x86';
import type { ResourceNode } from '@kwind/state';
import { call, type KernelContext } from '../../context.ts';
import { minus } from '../../errno.ts';
import { archRemoveReservations } from '../../arch/x86/kernel/resource.ts';
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
  /** Moves an aligned start further up, for what the bus needs beside; NULL leaves it. */
  readonly alignf?: ((start: bigint, flags: bigint) => bigint) | undefined;
}

interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

const alignUp = (value: bigint, align: bigint): bigint => u64(value + align - 1n) & u64(-align);

/** The lowest place in a gap; undefined when it is too small, or when aligning wraps around. */
function fit(ctx: KernelContext, gap: Range, flags: bigint, constraint: Constraint): Range | undefined {
  const { size, min, max, align, alignf } = constraint;
  const clipped = { start: gap.start < min ? min : gap.start, end: gap.end > max ? max : gap.end };
  const isMemory = (flags & IORESOURCE.MEM) !== 0n;
  const { start: low, end: high } = isMemory ? archRemoveReservations(ctx, clipped) : clipped;
  const aligned = alignUp(low, align);
  const start = alignf ? alignf(aligned, flags) : aligned;
  const end = u64(start + size - 1n);
  return aligned >= low && start >= aligned && start <= end && end <= high ? { start, end } : undefined;
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
 * @param flags of the resource that looks for a place: memory keeps off what the firmware uses
 * @param old a resource in that list that is to move: its own range may be used
 * @kernel kernel/resource.c find_resource()
 */
export function findResource(
  ctx: KernelContext,
  root: ResourceNode,
  flags: bigint,
  constraint: Constraint,
  old?: bigint,
): Range | undefined {
  for (const gap of gapsOf(ctx, root, old)) {
    const found = fit(ctx, gap, flags, constraint);
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
    const found = findResource(ctx, parent, node.flags, constraint, linked ? id : undefined);
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
