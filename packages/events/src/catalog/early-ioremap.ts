import { defineEvent } from '../schema.ts';

export const earlyIoremapEvents = [
  defineEvent({
    type: 'slot.based',
    code: 0x20,
    doc: 'slot_virt[slot] was set: the virtual address where the slot starts.',
    source: 'mm/early_ioremap.c early_ioremap_setup()',
    fields: { slot: 'u16', vaddr: 'vaddr' },
  }),
  defineEvent({
    type: 'slot.sized',
    code: 0x21,
    doc: "prev_size[slot] was set to the caller's size, before the length was checked.",
    source: 'mm/early_ioremap.c __early_ioremap()',
    fields: { slot: 'u16', before: 'u64', after: 'u64' },
  }),
  defineEvent({
    type: 'slot.claimed',
    code: 0x22,
    doc: 'prev_map[slot] was set: the mapping is live. `phys` and `size` are as the caller gave them, `pages` as mapped.',
    source: 'mm/early_ioremap.c __early_ioremap()',
    fields: { slot: 'u16', vaddr: 'vaddr', phys: 'u64', size: 'u64', pages: 'u32' },
  }),
  defineEvent({
    type: 'slot.released',
    code: 0x23,
    doc: 'prev_map[slot] was set to NULL; prev_size[slot] keeps its value. `vaddr` is what prev_map held.',
    source: 'mm/early_ioremap.c early_iounmap()',
    fields: { slot: 'u16', vaddr: 'vaddr', pages: 'u32' },
  }),
] as const;
