import { IOMEM_RESOURCE, IOPORT_RESOURCE, IORESOURCE, resourceString } from '@kwind/x86';

/** A struct resource. */
export interface ResourceNode {
  /** Its pointer. */
  readonly id: bigint;
  readonly start: bigint;
  /** Last byte, inclusive. */
  readonly end: bigint;
  /** '' stands for NULL. */
  readonly name: string;
  readonly flags: bigint;
  readonly desc: number;
  /** The parent pointer; 0 (NULL) when it is linked nowhere. It may point to a node that no longer lists this one. */
  readonly parent: bigint;
  /** Its list, by rising address. */
  readonly children: readonly bigint[];
  /** The memory was given back, but somebody still holds a pointer to it. */
  readonly freed: boolean;
}

/** A request that sleeps until a muxed region is released. */
export interface ResourceWaiter {
  readonly id: bigint;
  /** Below which resource it will look again. */
  readonly parent: bigint;
  /** IORESOURCE_* that it was asked for beside the type. */
  readonly flags: bigint;
}

export interface ResourcesState {
  /** By {@link resourceKey}: the two roots, what is linked below them, and what is linked nowhere yet. */
  readonly nodes: Readonly<Record<string, ResourceNode>>;
  /** Number of resources made so far, the roots among them; the next one's pointer follows from it. */
  readonly created: number;
  /** In the order in which they fell asleep. */
  readonly waiters: readonly ResourceWaiter[];
}

export const resourceKey = (id: bigint): string => id.toString(16);

/** A resource in a sentence: `rtc [io  0x0070-0x0077]`. */
export const resourceName = (node: ResourceNode): string =>
  `${node.name === '' ? '(null)' : node.name} ${resourceString(node)}`;

const unlinked = { desc: 0, parent: 0n, children: [], freed: false } as const;

/** The roots as they are compiled in: setup_arch() later cuts iomem to what the CPU can address. */
export function initialResources(): ResourcesState {
  const ioport: ResourceNode = {
    id: IOPORT_RESOURCE,
    start: 0n,
    end: 0xffffn,
    name: 'PCI IO',
    flags: IORESOURCE.IO,
    ...unlinked,
  };
  const iomem: ResourceNode = {
    id: IOMEM_RESOURCE,
    start: 0n,
    end: 0xffff_ffff_ffff_ffffn,
    name: 'PCI mem',
    flags: IORESOURCE.MEM,
    ...unlinked,
  };
  return { nodes: { [resourceKey(ioport.id)]: ioport, [resourceKey(iomem.id)]: iomem }, created: 2, waiters: [] };
}
