import type { Capture, CaptureCall, CaptureResource } from '@kwind/events';
import { requestResource, type KernelContext } from '@kwind/kernel';
import { readResource, seenResult, type ResourcePointers } from '@kwind/recorder';
import { resourceById } from '@kwind/state';
import type { GivenList } from './given-list.ts';

/** The struct of an allocation as the next call that was handed it found it. */
function nextRead(calls: readonly CaptureCall[], from: number, pointer: bigint): CaptureResource | undefined {
  for (const call of calls) {
    const own = call.n > from ? call.resources.find((resource) => resource.pointer === pointer) : undefined;
    const found = own ?? nextRead(call.inner, from, pointer);
    if (found) return found;
  }
  return undefined;
}

/**
 * An allocation whose alignment nobody recorded. Where it went is taken from the next record that shows its struct, linked in
 * the tree as the model finds room; with no such record the resource stays out, and the report names it.
 */
export function placeByWhatFollows(
  ctx: KernelContext,
  call: CaptureCall,
  { calls }: Capture,
  pointers: ResourcePointers,
  given: GivenList,
): void {
  const [root, node] = call.resources;
  pointers.learn(call.resources);
  for (const seen of call.resources) readResource(ctx, pointers, seen);
  if (!root || !node || call.result === undefined || seenResult(call) !== 0n) return;
  const later = nextRead(calls, call.lastRecord, node.pointer);
  const asked = call.args[2] ?? 0n;
  const [parent, id] = [pointers.of(root.pointer), pointers.of(node.pointer)];
  if (later && later.end - later.start + 1n === asked && resourceById(ctx.view, id)?.parent === 0n) {
    readResource(ctx, pointers, later);
    requestResource(ctx, parent, id);
    return given.add(
      'placed-later',
      'an allocation without its alignment, placed where a later record shows its struct',
      call.n,
    );
  }
  given.add(
    'not-placed',
    `${node.name === '' ? 'a struct' : node.name} found a place below ${root.name}, but the record lacks the sixth argument of allocate_resource() and no later one shows the struct: the final texts may lack it`,
    call.n,
  );
}
