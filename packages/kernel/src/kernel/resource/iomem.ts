import { bare8, hex16, IOMEM_RESOURCE, IORESOURCE, PAGE_MASK, u64 } from '@kwind/x86';
import { resourceList, type ResourceNode } from '@kwind/state';
import { call, type KernelContext } from '../../context.ts';
import { minus } from '../../errno.ts';
import { printk } from '../../warn.ts';
import { dereference, isBusy, nodeAt, printName, printResource } from './node.ts';

/** @returns the direct child of `root` that starts at `start`, or null. @kernel kernel/resource.c lookup_resource() */
export function lookupResource(ctx: KernelContext, root: bigint, start: bigint): bigint | null {
  return call(ctx, 'lookup_resource', [root, start], () => {
    const node = dereference(ctx, 'lookup_resource', root);
    return node?.children.find((id) => nodeAt(ctx, id)!.start === start) ?? null;
  });
}

/**
 * Is the page of `address` closed to /dev/mem?
 *
 * @returns 1 when a resource says so: one that is busy and exclusive (with CONFIG_IO_STRICT_DEVMEM any busy one), in 6.x
 *          also exclusive System RAM; 0 otherwise, and for busy ones always without CONFIG_STRICT_DEVMEM
 * @kernel kernel/resource.c iomem_is_exclusive()
 */
export function iomemIsExclusive(ctx: KernelContext, address: bigint): bigint {
  return call(ctx, 'iomem_is_exclusive', [address], () => {
    const { config, resource } = ctx.profile;
    const strict = config['CONFIG_STRICT_DEVMEM'] === true;
    const exclusiveRam = IORESOURCE.SYSTEM_RAM | IORESOURCE.EXCLUSIVE;
    const page = address & PAGE_MASK;
    const closed = resourceList(ctx.view, 'iomem').some((node) => {
      if (node.start > page + 0xfffn || node.end < page) return false;
      if (resource.exclusiveRam && (node.flags & exclusiveRam) === exclusiveRam) return true;
      if (!strict || !node.busy) return false;
      return config['CONFIG_IO_STRICT_DEVMEM'] === true || (node.flags & IORESOURCE.EXCLUSIVE) !== 0n;
    });
    return closed ? 1n : 0n;
  });
}

/** The first resource that a mapping overlaps without lying in its pages; busy ones are their drivers' business. */
function findSpanned(ctx: KernelContext, address: bigint, end: bigint): ResourceNode | undefined {
  const spanned = resourceList(ctx.view, 'iomem').find((node) => {
    if (node.start > end || node.end < address) return false;
    const covers = node.start >> 12n <= address >> 12n && node.end >> 12n >= end >> 12n;
    return !covers && !isBusy(nodeAt(ctx, node.id)!);
  });
  return spanned && nodeAt(ctx, spanned.id);
}

/**
 * Complain when a mapping spans more than the device it belongs to. The caller maps all the same.
 *
 * @returns 0, or −1 after a message
 * @kernel kernel/resource.c iomem_map_sanity_check()
 */
export function iomemMapSanityCheck(ctx: KernelContext, address: bigint, size: bigint): bigint {
  return call(ctx, 'iomem_map_sanity_check', [address, size], () => {
    const end = u64(address + size - 1n);
    const spanned = findSpanned(ctx, address, end);
    if (!spanned) return 0n;
    const { prefixed } = ctx.profile.resource;
    const range = prefixed ? `[mem ${hex16(address)}-${hex16(end)}]` : `[mem 0x${bare8(address)}-0x${bare8(end)}]`;
    const text = `resource sanity check: requesting ${range}, which spans more than ${printName(spanned)} ${printResource(spanned)}`;
    printk(ctx, 'WARNING', prefixed ? `resource: ${text}` : text);
    return minus('EPERM');
  });
}

/** Cut the iomem tree to what the CPU can address, as setup_arch() does before it reserves anything. */
export function cutIomemResource(ctx: KernelContext): void {
  const { start, end, name } = nodeAt(ctx, IOMEM_RESOURCE)!;
  const last = (1n << BigInt(ctx.profile.physBits)) - 1n;
  if (end !== last)
    ctx.emit({
      type: 'resource.adjusted',
      id: IOMEM_RESOURCE,
      name,
      start,
      end: last,
      startBefore: start,
      endBefore: end,
    });
}
