import { E820, e820ResourceName, type E820Entry, type KernelProfile } from '@kwind/x86';
import type { Capture, CaptureCall } from '@kwind/events';
import { hasFrame } from './names.ts';

/** A resource that e820.c made of an entry of the memory map, and where it was seen. */
export interface MapResource extends E820Entry {
  readonly pointer: bigint;
  readonly n: number;
}

const makers = [
  'e820__reserve_resources',
  'e820__reserve_resources_late',
  'e820_reserve_resources',
  'e820_reserve_resources_late',
];

/** The memory map as the kernel's own resources show it, in its order: they are one array. Empty when it is not in the capture. */
export function memoryMapOf(profile: KernelProfile, { calls }: Capture): readonly MapResource[] {
  const found = new Map<bigint, MapResource>();
  const look = (list: readonly CaptureCall[]): void => {
    for (const call of list) {
      const node = call.resources.at(-1);
      if (node && node.root === undefined && call.fn.startsWith('insert_resource') && hasFrame(call, ...makers)) {
        const { pointer, start, end, name } = node;
        if (!found.has(pointer))
          found.set(pointer, { pointer, n: call.n, start, size: end - start + 1n, type: typeOf(profile, name) });
      }
      look(call.inner);
    }
  };
  look(calls);
  return [...found.values()].toSorted((a, b) => (a.pointer < b.pointer ? -1 : 1));
}

/** The type that a name stands for; names are not unique, and what shares one is treated alike where it matters here. */
function typeOf(profile: KernelProfile, name: string): number {
  return Object.values(E820).find((type) => e820ResourceName(profile.e820, type) === name) ?? E820.RESERVED;
}
