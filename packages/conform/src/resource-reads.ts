import type { CaptureCall } from '@kwind/events';
import type { KernelContext } from '@kwind/kernel';
import { readResource, type ResourceEdit, type ResourcePointers } from '@kwind/recorder';
import { hex } from '@kwind/x86';
import type { GivenList } from './given-list.ts';
import type { Tally } from './tally.ts';

/**
 * Structs as they were read at the entry of calls, against what the model knows of them. One that the model has not seen yet
 * was filled in by its owner, and one that its owner may have edited since is taken as read; bounds that the model itself
 * changed last must be what it made them.
 */
export class ResourceReads {
  readonly #pointers: ResourcePointers;
  readonly #given: GivenList;
  readonly #tally: Tally;
  /** Structs whose bounds the model changed last. */
  readonly #made = new Set<bigint>();

  constructor(pointers: ResourcePointers, given: GivenList, tally: Tally) {
    this.#pointers = pointers;
    this.#given = given;
    this.#tally = tally;
  }

  /** Note that the model changed the bounds of a struct. */
  changed(id: bigint): void {
    this.#made.add(id);
  }

  read(ctx: KernelContext, call: CaptureCall): void {
    this.#pointers.learn(call.resources);
    for (const seen of call.resources) {
      const edit = readResource(ctx, this.#pointers, seen);
      if (edit) this.#note(edit, call);
      else this.#tally.add('resource.read', true);
    }
  }

  #note(edit: ResourceEdit, call: CaptureCall): void {
    const { before, seen, id, linked } = edit;
    if (!before)
      return this.#given.add(
        'resource-fields',
        'bounds, names and flags of structs that their owners filled in',
        call.n,
      );
    const moved = before.start !== seen.start || before.end !== seen.end;
    if (moved && this.#made.delete(id)) {
      this.#tally.add('resource.read', false);
      const kernel = `${seen.name} ${hex(seen.start)}-${hex(seen.end)}`;
      return this.#tally.differ(
        { kind: 'resource.read', n: call.n, kernel, model: `${before.name} ${hex(before.start)}-${hex(before.end)}` },
        call,
      );
    }
    if (seen.root)
      return this.#given.add(
        'resource-edit',
        `setup_arch() gives the root of ${seen.root} its end by the CPU's physical address width`,
        call.n,
      );
    const how = linked ? 'while it was in a tree' : 'before it was claimed again';
    this.#given.add(
      'resource-edit',
      `${before.name === '' ? 'a struct' : before.name} was edited in place by its owner, ${how}`,
      call.n,
    );
  }
}
