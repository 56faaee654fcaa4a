import { IORESOURCE } from '@kwind/x86';
import type { CaptureCall } from '@kwind/events';
import { pcibiosAlignResource, type Constraint } from '@kwind/kernel';

const isPciFrame = (frame: string): boolean =>
  /^(?:pcibios_align_resource|pci_bus_alloc_from_region|pci_bus_alloc_resource)\+/.test(frame);

/** Where the alignment of an allocation was taken from. */
export type AlignSource = 'argument' | 'struct';

/**
 * What an allocate_resource() asked for. Its sixth argument, the alignment, is often not recorded, and its seventh, the
 * callback, never is: a struct that says that it is aligned by its size or by its start says the first, and the PCI code on
 * the stack the second.
 * @returns undefined when nothing says how the range must be aligned
 */
export function allocationOf(
  call: CaptureCall,
): { readonly constraint: Constraint; readonly from: AlignSource } | undefined {
  const [, , size = 0n, min = 0n, max = 0n, stated] = call.args;
  const align = stated ?? alignOfStruct(call);
  if (call.args.length < 5 || align === undefined) return undefined;
  const alignf = call.stack.some(isPciFrame) ? pcibiosAlignResource : undefined;
  return { constraint: { size, min, max, align, alignf }, from: stated === undefined ? 'struct' : 'argument' };
}

/** @kernel kernel/resource.c resource_alignment() */
function alignOfStruct({ resources }: CaptureCall): bigint | undefined {
  const node = resources[1];
  if (!node) return undefined;
  if ((node.flags & IORESOURCE.SIZEALIGN) !== 0n) return node.end - node.start + 1n;
  return (node.flags & IORESOURCE.STARTALIGN) !== 0n && node.start !== 0n ? node.start : undefined;
}
