import { defineEvent } from '../schema.ts';

const extent = { start: 'vaddr', end: 'vaddr' } as const;
const range = { start: 'phys', end: 'phys' } as const;

export const vmallocEvents = [
  defineEvent({
    type: 'area.claimed',
    code: 0x90,
    doc: 'A virtual area was taken: first byte, first byte after its guard page, the physical address it is for (0 for ordinary pages), VM_* flags, ordinary pages in it, and who asked.',
    source: 'mm/vmalloc.c __get_vm_area_node(), alloc_vmap_area()',
    fields: { ...extent, phys: 'phys', flags: 'u32', pages: 'u32', caller: 'str' },
  }),
  defineEvent({
    type: 'area.released',
    code: 0x91,
    doc: 'A virtual area was unmapped and given up. Its addresses are not given out again, and may still be in a TLB, until it is purged.',
    source: 'mm/vmalloc.c remove_vm_area(), free_vmap_area_noflush()',
    fields: extent,
  }),
  defineEvent({
    type: 'area.purged',
    code: 0x92,
    doc: 'A virtual area that was given up is free again, after a flush of its range.',
    source: 'mm/vmalloc.c __purge_vmap_area_lazy()',
    fields: extent,
  }),
  defineEvent({
    type: 'memory.reserved',
    code: 0x93,
    doc: 'A physical range was set aside for good: the page allocator never gets it (`end` is the first byte after it). `name` says for what.',
    source: 'mm/memblock.c memblock_reserve(), memblock_alloc()',
    fields: { ...range, name: 'str' },
  }),
  defineEvent({
    type: 'memtype.reserved',
    code: 0x98,
    doc: 'A memory type was noted for a physical range outside RAM (`end` is the first byte after it). `wanted` was asked for, `held` was granted.',
    source: 'arch/x86/mm/pat/memtype.c memtype_reserve()',
    fields: { ...range, wanted: 'str', held: 'str' },
  }),
  defineEvent({
    type: 'memtype.freed',
    code: 0x99,
    doc: 'A note of a memory type was dropped.',
    source: 'arch/x86/mm/pat/memtype.c memtype_free()',
    fields: { ...range, held: 'str' },
  }),
  defineEvent({
    type: 'memtype.conflicted',
    code: 0x9a,
    doc: 'A memory type could not be had: `wanted` of the range asked for, against `held` of the range that has it.',
    source: 'arch/x86/mm/pat/memtype_interval.c memtype_check_conflict()',
    fields: { ...range, wanted: 'str', heldStart: 'phys', heldEnd: 'phys', held: 'str' },
  }),
  defineEvent({
    type: 'memtype.pages-marked',
    code: 0x9b,
    doc: 'Pages of RAM got another memory type; each remembers its own.',
    source: 'arch/x86/mm/pat/memtype.c reserve_ram_pages_type(), free_ram_pages_type()',
    fields: { ...range, before: 'str', after: 'str' },
  }),
] as const;
