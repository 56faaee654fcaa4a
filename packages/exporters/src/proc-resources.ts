import type { ResourceTreeName } from '@kwind/x86';
import { resourceTree, type MachineView, type ResourceView } from '@kwind/state';

export interface ProcResourcesOptions {
  /** The reader has CAP_SYS_ADMIN: default. Without it a kernel since 4.4 shows every range as zeros. */
  readonly privileged?: boolean;
}

/** Deeper resources are printed as if they lay at this depth. @kernel kernel/resource.c MAX_IORES_LEVEL */
const MAX_DEPTH = 5;
const NARROW_END = 0x1_0000n;

/**
 * /proc/iomem or /proc/ioports as a kernel of this build prints it, byte for byte: a line a resource, a parent before its
 * children, two spaces a level, at least four digits where the tree ends below 0x10000 and eight elsewhere.
 * @kernel kernel/resource.c r_show()
 */
export function procResources(
  view: MachineView,
  tree: ResourceTreeName,
  { privileged = true }: ProcResourcesOptions = {},
): string {
  const root = resourceTree(view, tree);
  const width = root.end < NARROW_END ? 4 : 8;
  const hidden = !privileged && view.profile.resource.hidesRanges;
  const digits = (value: bigint): string => (hidden ? 0n : value).toString(16).padStart(width, '0');
  const linesOf = (nodes: readonly ResourceView[]): string =>
    nodes
      .map(
        (node) =>
          `${'  '.repeat(Math.min(node.depth, MAX_DEPTH))}${digits(node.start)}-${digits(node.end)} : ${node.name === '' ? '<BAD>' : node.name}\n${linesOf(node.children)}`,
      )
      .join('');
  return linesOf(root.children);
}

/** @kernel /proc/iomem */
export const procIomem = (view: MachineView, options?: ProcResourcesOptions): string =>
  procResources(view, 'iomem', options);
/** @kernel /proc/ioports */
export const procIoports = (view: MachineView, options?: ProcResourcesOptions): string =>
  procResources(view, 'ioport', options);
