import { IORESOURCE, resourceRoots, type ResourceTreeName } from '@kwind/x86';
import type { MachineView } from '../machine.ts';
import { resourceKey, type ResourceNode } from '../resources.ts';

/** A resource with everything below it. */
export interface ResourceView extends Omit<ResourceNode, 'children'> {
  /** Number of ancestors below the root; −1 for the root itself. */
  readonly depth: number;
  readonly busy: boolean;
  readonly children: readonly ResourceView[];
}

/** A struct resource by its pointer, linked or not. */
export const resourceById = (view: MachineView, id: bigint): ResourceNode | undefined =>
  view.control.resources.nodes[resourceKey(id)];

interface Growing extends Omit<ResourceView, 'children'> {
  readonly children: Growing[];
}

/**
 * A node and all below it, those of a parent in front of the next parent's. Without recursion, and each node once: a
 * driver's mistake can link them in any way and to any depth.
 */
function viewsFrom(view: MachineView, top: ResourceNode): readonly Growing[] {
  const grow = (node: ResourceNode, depth: number): Growing => ({
    ...node,
    depth,
    busy: (node.flags & IORESOURCE.BUSY) !== 0n,
    children: [],
  });
  const seen = new Set([top.id]);
  const found: Growing[] = [];
  const waiting = [{ node: top, views: [] as Growing[], depth: -1 }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, views, depth } = next;
    const grown = grow(node, depth);
    views.push(grown);
    found.push(grown);
    const below = node.children.flatMap((id) => {
      const child = resourceById(view, id);
      if (!child || seen.has(id)) return [];
      seen.add(id);
      return [{ node: child, views: grown.children, depth: depth + 1 }];
    });
    waiting.push(...below.toReversed());
  }
  return found;
}

const fromRoot = (view: MachineView, tree: ResourceTreeName): readonly Growing[] =>
  viewsFrom(view, resourceById(view, resourceRoots[tree])!);

/** A whole tree from its root. */
export const resourceTree = (view: MachineView, tree: ResourceTreeName): ResourceView => fromRoot(view, tree)[0]!;

/** All resources of a tree but the root, a parent before its children, by rising address: the order of /proc. */
export const resourceList = (view: MachineView, tree: ResourceTreeName): readonly ResourceView[] =>
  fromRoot(view, tree).slice(1);

/** The resources that hold an address, outermost first, without the root. */
export function resourcesAt(view: MachineView, tree: ResourceTreeName, address: bigint): readonly ResourceView[] {
  return resourceList(view, tree).filter((node) => node.start <= address && address <= node.end);
}

/** In which tree a resource is listed; undefined when it is linked nowhere, or hangs below a node that is not. */
export function treeOf(view: MachineView, id: bigint): ResourceTreeName | undefined {
  for (let at = resourceById(view, id); at;) {
    if (at.id === resourceRoots.iomem) return 'iomem';
    if (at.id === resourceRoots.ioport) return 'ioport';
    const parent: ResourceNode | undefined = resourceById(view, at.parent);
    if (!parent?.children.includes(at.id)) return undefined;
    at = parent;
  }
  return undefined;
}

/** Resources that no tree lists: not linked yet, released but kept, or lost with a parent that was freed. */
export const strayResources = (view: MachineView): readonly ResourceNode[] =>
  Object.values(view.control.resources.nodes).filter((node) => treeOf(view, node.id) === undefined);

/** A piece of memory of one kind, cut to the range that was asked about. */
export interface FoundRange {
  readonly start: bigint;
  readonly end: bigint;
  readonly id: bigint;
}

/** How System RAM is told in this kernel: by a flag, and before 4.6 by its name. */
function isBusySystemRam(view: MachineView, { flags, name }: Pick<ResourceNode, 'flags' | 'name'>): boolean {
  const wanted = view.profile.resource.sysram
    ? IORESOURCE.SYSTEM_RAM | IORESOURCE.BUSY
    : IORESOURCE.MEM | IORESOURCE.BUSY;
  return (flags & wanted) === wanted && (view.profile.resource.sysram || name === 'System RAM');
}

/**
 * Busy System RAM in a range, piece by piece from low to high: what ioremap() must not map.
 *
 * @param end inclusive
 * @kernel kernel/resource.c find_next_iomem_res() as walk_system_ram_range() calls it; up to 5.0 it sees the children of the root only
 */
export function systemRamRanges(view: MachineView, start: bigint, end: bigint): readonly FoundRange[] {
  const deep = view.profile.resource.ramSearch === 'whole-tree';
  const ram = resourceList(view, 'iomem').filter((node) => (deep || node.depth === 0) && isBusySystemRam(view, node));
  const found: FoundRange[] = [];
  let from = start;
  for (const node of ram) {
    if (node.start > end || from > end) break;
    if (node.end < from) continue;
    const piece = { start: node.start < from ? from : node.start, end: node.end > end ? end : node.end, id: node.id };
    found.push(piece);
    from = piece.end + 1n;
  }
  return found;
}
