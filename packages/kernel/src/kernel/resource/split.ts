import { hex, IORESOURCE } from '@kwind/x86';
import type { ResourceNode } from '@kwind/state';
import { call, type KernelContext } from '../../context.ts';
import { printk } from '../../warn.ts';
import { noteConflict, requestInto } from './conflict.ts';
import { createNode, dereference, freeNode, nodeAt, printResourceRaw, setBounds } from './node.ts';

/** Keep a request inside the root, with the kernel's words; undefined when nothing of it lies there. */
function clip(
  ctx: KernelContext,
  root: ResourceNode,
  start: bigint,
  end: bigint,
): readonly [bigint, bigint] | undefined {
  if (root.start <= start && end <= root.end) return [start, end];
  printk(ctx, 'ERR', `resource: requested range [${hex(start)}-${hex(end)}] not in root ${printResourceRaw(root)}`);
  if (start > root.end || end < root.start) return undefined;
  const inside = [start < root.start ? root.start : start, end > root.end ? root.end : end] as const;
  printk(ctx, 'ERR', `resource: fixing request to [${hex(inside[0])}-${hex(inside[1])}]`);
  return inside;
}

/**
 * Make busy resources of one name wherever `start` to `end` is free among the direct children of `root`; what is taken
 * is left as it is.
 *
 * @param end inclusive
 * @emits two messages when the range sticks out of `root`; resource.created and .claimed for each piece, with
 *        resource.conflicted and .adjusted where one is cut; resource.freed for a piece that is covered wholly
 * @kernel kernel/resource.c reserve_region_with_split()
 */
export function reserveRegionWithSplit(
  ctx: KernelContext,
  root: bigint,
  start: bigint,
  end: bigint,
  name: string,
): void {
  const body = (): void => {
    const parent = dereference(ctx, 'reserve_region_with_split', root);
    const range = parent && clip(ctx, parent, start, end);
    if (parent && range) reservePieces(ctx, parent, range, name);
  };
  call(ctx, 'reserve_region_with_split', [root, start, end], body, `name="${name}"`);
}

function reservePieces(
  ctx: KernelContext,
  { id: root, flags: rootFlags }: ResourceNode,
  range: readonly [bigint, bigint],
  name: string,
): void {
  const type = ctx.profile.resource.splitType ? rootFlags & IORESOURCE.TYPE_BITS : 0n;
  const piece = (start: bigint, end: bigint): bigint =>
    createNode(ctx, { start, end, name, flags: type | IORESOURCE.BUSY });
  let [current, tail]: [bigint, bigint | undefined] = [piece(...range), undefined];
  for (;;) {
    const node = nodeAt(ctx, current)!;
    const conflict = requestInto(ctx, nodeAt(ctx, root)!, node);
    if (!conflict) {
      if (tail === undefined) return;
      [current, tail] = [tail, undefined];
      continue;
    }
    if (conflict.start <= node.start && conflict.end >= node.end) {
      // The root is in the way of a range that ends before it starts.
      noteConflict(ctx, node, conflict, conflict.id === root ? 'outside' : 'overlap', 'dropped');
      freeNode(ctx, current);
      return;
    }
    noteConflict(ctx, node, conflict, 'overlap', 'split');
    tail = cut(ctx, node, conflict, piece) ?? tail;
  }
}

/** Cut the overlap away: the head stays and what is behind the conflict is returned, or the start moves behind it. */
function cut(
  ctx: KernelContext,
  node: ResourceNode,
  conflict: ResourceNode,
  piece: (start: bigint, end: bigint) => bigint,
): bigint | undefined {
  if (conflict.start <= node.start) {
    setBounds(ctx, node, conflict.end + 1n, node.end);
    return undefined;
  }
  setBounds(ctx, node, node.start, conflict.start - 1n);
  return conflict.end < node.end ? piece(conflict.end + 1n, node.end) : undefined;
}
