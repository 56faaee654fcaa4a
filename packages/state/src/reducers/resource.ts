import { hex, ToolError } from '@kwind/x86';
import type { Draft } from 'immer';
import { resourceKey, type ResourceNode, type ResourcesState } from '../resources.ts';
import type { Reducers } from './types.ts';

type Nodes = Draft<ResourcesState>['nodes'];

export const resourceReducers: Reducers<
  | 'resource.created'
  | 'resource.claimed'
  | 'resource.inserted'
  | 'resource.reparented'
  | 'resource.released'
  | 'resource.freed'
  | 'resource.lost'
  | 'resource.adjusted'
  | 'resource.renamed'
  | 'resource.flagged'
  | 'resource.conflicted'
  | 'resource.waiting'
  | 'resource.woken'
> = {
  'resource.created': (m, e) => {
    const resources = m.edit().resources;
    const { id, start, end, name, flags, desc } = e;
    resources.nodes[resourceKey(id)] = { id, start, end, name, flags, desc, parent: 0n, children: [], freed: false };
    resources.created++;
  },
  'resource.claimed': (m, e) => link(m.edit().resources.nodes, e.id, e.parent),
  'resource.inserted': (m, e) => link(m.edit().resources.nodes, e.id, e.parent),
  'resource.reparented': (m, e) => {
    const { nodes } = m.edit().resources;
    unlist(nodes, e.id, e.before);
    link(nodes, e.id, e.after);
  },
  'resource.released': (m, e) => {
    const { nodes } = m.edit().resources;
    unlist(nodes, e.id, e.parent);
    nodeOf(nodes, e.id).parent = 0n;
  },
  'resource.freed': (m, e) => {
    const { nodes, waiters } = m.edit().resources;
    // A sleeper that will look below a freed resource still reads its memory.
    if (waiters.some((waiter) => waiter.parent === e.id)) nodeOf(nodes, e.id).freed = true;
    else delete nodes[resourceKey(e.id)];
  },
  'resource.lost': (m, e) => unlist(m.edit().resources.nodes, e.id, e.parent),
  'resource.adjusted': (m, e) => {
    const node = nodeOf(m.edit().resources.nodes, e.id);
    node.start = e.start;
    node.end = e.end;
  },
  'resource.renamed': (m, e) => {
    nodeOf(m.edit().resources.nodes, e.id).name = e.after;
  },
  'resource.flagged': (m, e) => {
    const node = nodeOf(m.edit().resources.nodes, e.id);
    node.flags = e.after;
    node.desc = e.desc;
  },
  // A refusal changes nothing; what the kernel does about it is in events of its own.
  'resource.conflicted': () => {},
  'resource.waiting': (m, e) => {
    m.edit().resources.waiters.push({ id: e.id, parent: e.parent, flags: e.flags });
  },
  'resource.woken': (m, e) => {
    const resources = m.edit().resources;
    resources.waiters = resources.waiters.filter((waiter) => waiter.id !== e.id);
  },
};

function nodeOf(nodes: Nodes, id: bigint): Draft<ResourceNode> {
  const node = nodes[resourceKey(id)];
  if (node) return node;
  throw new ToolError(
    'event/corrupt',
    `an event names resource ${hex(id)}, which does not exist.`,
    'The trace is damaged or incomplete; run kwind verify on it.',
  );
}

/** Put a node into the list of `parent`, where its start belongs. */
function link(nodes: Nodes, id: bigint, parent: bigint): void {
  const node = nodeOf(nodes, id);
  refuseCircle(nodes, id, parent);
  const { children } = nodeOf(nodes, parent);
  const at = children.findIndex((child) => nodeOf(nodes, child).start > node.start);
  children.splice(at < 0 ? children.length : at, 0, id);
  node.parent = parent;
}

/** A kernel whose resources hang below themselves goes round for ever; there is nothing to show of it. */
function refuseCircle(nodes: Nodes, id: bigint, parent: bigint): void {
  const below = [id];
  const seen = new Set(below);
  for (let at = below.pop(); at !== undefined; at = below.pop()) {
    if (at === parent)
      throw new ToolError(
        'event/corrupt',
        `resource ${hex(id)} would hang below itself.`,
        'A kernel that does this hangs as soon as it looks at the tree, so it is not simulated.',
      );
    for (const child of nodes[resourceKey(at)]?.children ?? []) {
      if (seen.has(child)) continue;
      seen.add(child);
      below.push(child);
    }
  }
}

function unlist(nodes: Nodes, id: bigint, parent: bigint): void {
  const node = nodeOf(nodes, parent);
  node.children = node.children.filter((child) => child !== id);
}
