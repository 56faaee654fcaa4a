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
export const resourceById = (view: MachineView, id: bigint): ResourceNode | undefined => view.control.resources.nodes[resourceKey(id)];

function viewOf(view: MachineView, node: ResourceNode, depth: number): ResourceView {
  const children = node.children.flatMap((id) => {
    const child = resourceById(view, id);
    return child ? [viewOf(view, child, depth + 1)] : [];
  });
  return { ...node, depth, busy: (node.flags & IORESOURCE.BUSY) !== 0n, children };
}

/** A whole tree from its root. */
export const resourceTree = (view: MachineView, tree: ResourceTreeName): ResourceView => viewOf(view, resourceById(view, resourceRoots[tree])!, -1);

function* preorder(nodes: readonly ResourceView[]): Generator<ResourceView> {
  for (const node of nodes) {
    yield node;
    yield* preorder(node.children);
  }
}

/** All resources of a tree but the root, a parent before its children, by rising address: the order of /proc. */
export const resourceList = (view: MachineView, tree: ResourceTreeName): readonly ResourceView[] => [...preorder(resourceTree(view, tree).children)];

/** The resources that hold an address, outermost first, without the root. */
export function resourcesAt(view: MachineView, tree: ResourceTreeName, address: bigint): readonly ResourceView[] {
  return resourceList(view, tree).filter((node) => node.start <= address && address <= node.end);
}

/** In which tree a resource is listed; undefined when it is linked nowhere, or hangs below a node that is not. */
export function treeOf(view: MachineView, id: bigint): ResourceTreeName | undefined {
  for (let at = resourceById(view, id); at; ) {
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
