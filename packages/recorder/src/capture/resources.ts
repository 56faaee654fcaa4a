import { resourceRoots } from '@kwind/x86';
import type { CaptureCall, CaptureResource } from '@kwind/events';
import {
  adjustResource,
  allocateResource,
  insertResource,
  insertResourceConflict,
  insertResourceExpandToFit,
  releaseRegionBelow,
  releaseResource,
  removeResource,
  requestRegionBelow,
  requestResource,
  requestResourceConflict,
  reserveRegionWithSplit,
  type KernelContext,
} from '@kwind/kernel';
import { resourceById, type ResourceNode } from '@kwind/state';
import { allocationOf } from './allocation.ts';

/** A capture's pointers to the two roots, as far as its records have named them. */
export class ResourcePointers {
  readonly #roots = new Map<bigint, bigint>();

  learn(resources: readonly CaptureResource[]): void {
    for (const { pointer, root } of resources) if (root) this.#roots.set(pointer, resourceRoots[root]);
  }

  /** What stands for a pointer here: the roots have numbers of their own, everything else keeps its pointer. */
  of(pointer: bigint): bigint {
    return this.#roots.get(pointer) ?? pointer;
  }
}

/** How a struct differed from what the machine knew when it was read. */
export interface ResourceEdit {
  readonly id: bigint;
  readonly before: ResourceNode | undefined;
  readonly seen: CaptureResource;
  readonly linked: boolean;
}

const isSame = (node: ResourceNode, seen: CaptureResource): boolean =>
  node.start === seen.start && node.end === seen.end && node.flags === seen.flags && node.name === seen.name;

/**
 * Bring the machine's struct to what was read at the entry of a call: its owner filled it in, or edited it in place.
 * @returns the difference, or undefined when it was as known
 * @emits resource.created, or resource.adjusted, .renamed and .flagged as needed
 */
export function readResource(
  ctx: KernelContext,
  pointers: ResourcePointers,
  seen: CaptureResource,
): ResourceEdit | undefined {
  const id = pointers.of(seen.pointer);
  const before = resourceById(ctx.view, id);
  if (before && isSame(before, seen)) return undefined;
  const { start, end, name, flags } = seen;
  const edit = { id, before: before && { ...before }, seen, linked: before !== undefined && before.parent !== 0n };
  if (!before) ctx.emit({ type: 'resource.created', id, start, end, name, flags, desc: 0 });
  else editInPlace(ctx, { ...before }, seen);
  return edit;
}

function editInPlace(
  ctx: KernelContext,
  { id, start, end, name, flags, desc }: ResourceNode,
  seen: CaptureResource,
): void {
  if (start !== seen.start || end !== seen.end)
    ctx.emit({
      type: 'resource.adjusted',
      id,
      name,
      start: seen.start,
      end: seen.end,
      startBefore: start,
      endBefore: end,
    });
  if (name !== seen.name) ctx.emit({ type: 'resource.renamed', id, before: name, after: seen.name });
  if (flags !== seen.flags)
    ctx.emit({ type: 'resource.flagged', id, before: flags, after: seen.flags, descBefore: desc, desc });
}

const U32 = 0xffff_ffffn;

/**
 * Run what a traced resource call does, by the rules of the model. Flags are an int, the rest are 64-bit numbers.
 * @returns the result as the kernel gives it in rax; null is NULL; undefined for a void function
 */
export function runResourceCall(
  ctx: KernelContext,
  pointers: ResourcePointers,
  call: CaptureCall,
): bigint | null | undefined {
  const [first = 0n, second = 0n, third = 0n, , fifth = 0n] = call.args;
  const [root, node] = [pointers.of(first), pointers.of(second)];
  const name = call.name ?? '';
  switch (call.fn) {
    case 'request_resource':
      return requestResource(ctx, root, node);
    case 'request_resource_conflict':
      return requestResourceConflict(ctx, root, node);
    case 'insert_resource':
      return insertResource(ctx, root, node);
    case 'insert_resource_conflict':
      return insertResourceConflict(ctx, root, node);
    case 'insert_resource_expand_to_fit':
      return nothing(insertResourceExpandToFit(ctx, root, node));
    case 'reserve_region_with_split':
      return nothing(reserveRegionWithSplit(ctx, root, second, third, name));
    case '__request_region':
      return requestRegionBelow(ctx, root, second, third, name, fifth & U32);
    case '__release_region':
      return nothing(releaseRegionBelow(ctx, root, second, third));
    case 'release_resource':
      return releaseResource(ctx, root);
    case 'remove_resource':
      return removeResource(ctx, root);
    case 'adjust_resource':
      return adjustResource(ctx, root, second, third);
    case 'allocate_resource':
      return allocate(ctx, root, node, call);
    default:
      return undefined;
  }
}

/** Undefined when the capture does not say how the range must be aligned: then nothing is allocated. */
function allocate(ctx: KernelContext, root: bigint, node: bigint, call: CaptureCall): bigint | undefined {
  const asked = allocationOf(call);
  return asked && allocateResource(ctx, root, node, asked.constraint);
}

const nothing = (_done: void): undefined => undefined;
