import { defineEvent } from '../schema.ts';

/** A node as it was then, so that an event can be read alone. An empty name stands for NULL. */
const node = { id: 'u64', start: 'u64', end: 'u64', name: 'str' } as const;
const SOURCE = 'kernel/resource.c';

export const resourceEvents = [
  defineEvent({
    type: 'resource.created',
    code: 0x70,
    doc: 'A struct resource came to be, linked nowhere; `id` stands for its pointer, `end` is inclusive.',
    source: `${SOURCE} alloc_resource(); the structs of drivers and of e820.c`,
    fields: { ...node, flags: 'u64', desc: 'u16' },
  }),
  defineEvent({
    type: 'resource.claimed',
    code: 0x71,
    doc: 'A resource was linked into a free range of `parent`.',
    source: `${SOURCE} __request_resource()`,
    fields: { ...node, parent: 'u64' },
  }),
  defineEvent({
    type: 'resource.inserted',
    code: 0x72,
    doc: 'A resource was linked under `parent` in the place of those that have just become its children.',
    source: `${SOURCE} __insert_resource()`,
    fields: { ...node, parent: 'u64' },
  }),
  defineEvent({
    type: 'resource.reparented',
    code: 0x73,
    doc: 'A resource moved from one parent to another: under one that was inserted over it, or up when its parent was removed.',
    source: `${SOURCE} __insert_resource(), remove_resource()`,
    fields: { ...node, before: 'u64', after: 'u64' },
  }),
  defineEvent({
    type: 'resource.released',
    code: 0x74,
    doc: 'A resource was taken out of the list of `parent`; its children stay with it.',
    source: `${SOURCE} __release_resource(), __release_region()`,
    fields: { ...node, parent: 'u64' },
  }),
  defineEvent({
    type: 'resource.freed',
    code: 0x75,
    doc: 'The memory of a struct resource was given back.',
    source: `${SOURCE} free_resource()`,
    fields: node,
  }),
  defineEvent({
    type: 'resource.lost',
    code: 0x76,
    doc: 'A resource fell out of the list of `parent` without being released: its parent was freed, or got other children. It still points there.',
    source: `${SOURCE} __release_region(), __insert_resource()`,
    fields: { ...node, parent: 'u64' },
  }),
  defineEvent({
    type: 'resource.adjusted',
    code: 0x77,
    doc: 'The bounds of a resource changed in place; `start` and `end` are the new ones.',
    source: `${SOURCE} __adjust_resource(), insert_resource_expand_to_fit(), __reserve_region_with_split()`,
    fields: { ...node, startBefore: 'u64', endBefore: 'u64' },
  }),
  defineEvent({
    type: 'resource.renamed',
    code: 0x78,
    doc: 'The name of a resource was replaced in place.',
    source: 'include/linux/ioport.h rename_region()',
    fields: { id: 'u64', before: 'str', after: 'str' },
  }),
  defineEvent({
    type: 'resource.flagged',
    code: 0x79,
    doc: 'Flags or desc of a resource changed in place.',
    source: `${SOURCE} __request_region()`,
    fields: { id: 'u64', before: 'u64', after: 'u64', descBefore: 'u16', desc: 'u16' },
  }),
  defineEvent({
    type: 'resource.conflicted',
    code: 0x7a,
    doc: '`id` could not be linked because of `other`; `reason` says why, `outcome` what became of it.',
    source: `${SOURCE} __request_resource(), __insert_resource()`,
    fields: {
      ...node,
      other: 'u64',
      otherStart: 'u64',
      otherEnd: 'u64',
      otherName: 'str',
      reason: 'str',
      outcome: 'str',
    },
  }),
  defineEvent({
    type: 'resource.waiting',
    code: 0x7b,
    doc: 'A request for a muxed region sleeps until `other` is released; it will look again below `parent`, with `flags`.',
    source: `${SOURCE} __request_region()`,
    fields: { ...node, other: 'u64', parent: 'u64', flags: 'u64' },
  }),
  defineEvent({
    type: 'resource.woken',
    code: 0x7c,
    doc: 'A sleeping request goes on: a muxed region was released.',
    source: `${SOURCE} __release_region()`,
    fields: { ...node, parent: 'u64' },
  }),
] as const;
