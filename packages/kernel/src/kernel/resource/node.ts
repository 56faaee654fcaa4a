import { IORESOURCE, resourcePointer, resourceString } from '@kwind/x86';
import { resourceById, type ResourceNode } from '@kwind/state';
import { oops } from '../../arch/x86/mm/fault.ts';
import { call, type KernelContext } from '../../context.ts';
import type { Site } from '../../warn.ts';

export const site = (fn: string): Site => ({ fn, file: 'kernel/resource.c' });

/** A struct resource as it is now. A copy: what the machine holds moves on with each event. */
export function nodeAt(ctx: KernelContext, id: bigint): ResourceNode | undefined {
  const node = resourceById(ctx.view, id);
  return node && { ...node, children: [...node.children] };
}

/**
 * The struct behind a pointer that a caller gave.
 * @emits bug.raised, and nothing is returned, where the kernel would fault: the pointer is NULL or names no resource
 */
export function dereference(ctx: KernelContext, fn: string, id: bigint): ResourceNode | undefined {
  const node = nodeAt(ctx, id);
  if (!node) oops(ctx, site(fn), id);
  return node;
}

/** Offset of a pointer in struct resource: parent, sibling and child stand last. */
export function fieldOffset(ctx: KernelContext, field: 'sibling' | 'child'): bigint {
  const behindFlags = ctx.profile.resource.desc ? 0x28n : 0x20n;
  return behindFlags + (field === 'sibling' ? 8n : 16n);
}

/** What most events say of a node. */
export const factsOf = ({
  id,
  start,
  end,
  name,
}: ResourceNode): Pick<ResourceNode, 'id' | 'start' | 'end' | 'name'> => ({ id, start, end, name });

/** `%s` of a name, which may be NULL. */
export const printName = ({ name }: ResourceNode): string => (name === '' ? '(null)' : name);

/** `%pR` and `%pr`. */
export const printResource = (node: ResourceNode): string => resourceString(node);
export const printResourceRaw = (node: ResourceNode): string => resourceString(node, 'raw');

export const isBusy = (node: ResourceNode): boolean => (node.flags & IORESOURCE.BUSY) !== 0n;
/** True when the resource is in the list of its parent, and not merely points to one. */
export const isLinked = (ctx: KernelContext, node: ResourceNode): boolean =>
  nodeAt(ctx, node.parent)?.children.includes(node.id) === true;

/** What a new struct is filled with; the rest is zero. */
export interface NewResource {
  readonly start: bigint;
  readonly end: bigint;
  readonly name: string;
  readonly flags: bigint;
  readonly desc?: number;
}

/** Make a struct resource that is linked nowhere. Returns its pointer. */
export function createNode(ctx: KernelContext, { start, end, name, flags, desc = 0 }: NewResource): bigint {
  const id = ctx.given?.resource?.() ?? resourcePointer(ctx.view.control.resources.created);
  ctx.emit({ type: 'resource.created', id, start, end, name, flags, desc: ctx.profile.resource.desc ? desc : 0 });
  return id;
}

/** Give the memory of a resource back. What is still in its list hangs on freed memory from then on. */
export function freeNode(ctx: KernelContext, id: bigint): void {
  const node = nodeAt(ctx, id);
  if (!node) return;
  loseChildren(ctx, node);
  ctx.emit({ type: 'resource.freed', ...factsOf(node) });
}

/** The list of a node is forgotten; those in it are not told. */
export function loseChildren(ctx: KernelContext, node: ResourceNode): void {
  for (const id of node.children) {
    const child = nodeAt(ctx, id);
    if (child) ctx.emit({ type: 'resource.lost', ...factsOf(child), parent: node.id });
  }
}

/** Change bounds in place, if they change at all. */
export function setBounds(ctx: KernelContext, node: ResourceNode, start: bigint, end: bigint): void {
  if (node.start === start && node.end === end) return;
  ctx.emit({ type: 'resource.adjusted', ...factsOf(node), start, end, startBefore: node.start, endBefore: node.end });
}

/**
 * A `struct resource` variable, as drivers and tables have them: for scripts.
 * @returns its pointer
 */
export function resource(ctx: KernelContext, fields: NewResource): bigint {
  const args = [fields.start, fields.end, fields.flags, BigInt(fields.desc ?? 0)];
  return call(ctx, 'resource', args, () => createNode(ctx, fields), `name="${fields.name}"`);
}
