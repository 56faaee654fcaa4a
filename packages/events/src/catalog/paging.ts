import { defineEvent } from '../schema.ts';

const entry = { table: 'pfn', index: 'u16', before: 'pte', after: 'pte' } as const;

export const pagingEvents = [
  defineEvent({
    type: 'table.allocated',
    code: 0x01,
    doc: 'A page became a page table, all entries zero; `name` is its symbol if it is part of the kernel image.',
    source: 'arch/x86/kernel/head_64.S; arch/x86/mm/init_64.c spp_getpage(), alloc_low_pages()',
    fields: { table: 'pfn', level: 'str', name: 'str' },
  }),
  defineEvent({
    type: 'pte.written',
    code: 0x10,
    doc: 'A 4 KiB entry was stored.',
    source: 'arch/x86/include/asm/pgtable.h set_pte(), pte_clear()',
    fields: entry,
  }),
  defineEvent({
    type: 'pmd.written',
    code: 0x11,
    doc: 'A pmd entry was stored that is no link to a table: a 2 MiB page, or none.',
    source: 'arch/x86/include/asm/pgtable.h set_pmd()',
    fields: entry,
  }),
  defineEvent({
    type: 'pud.written',
    code: 0x12,
    doc: 'A pud entry was stored that is no link to a table: a 1 GiB page, or none.',
    source: 'arch/x86/include/asm/pgtable.h set_pud()',
    fields: entry,
  }),
  defineEvent({
    type: 'p4d.written',
    code: 0x13,
    doc: 'A p4d entry was stored that is no link to a table.',
    source: 'arch/x86/include/asm/pgtable.h set_p4d()',
    fields: entry,
  }),
  defineEvent({
    type: 'pgd.written',
    code: 0x14,
    doc: 'A pgd entry was stored that is no link to a table.',
    source: 'arch/x86/include/asm/pgtable.h set_pgd()',
    fields: entry,
  }),
  defineEvent({
    type: 'pmd.populated',
    code: 0x19,
    doc: 'A pmd entry was made to point to a table of 4 KiB entries.',
    source: 'arch/x86/include/asm/pgalloc.h pmd_populate_kernel()',
    fields: entry,
  }),
  defineEvent({
    type: 'pud.populated',
    code: 0x1a,
    doc: 'A pud entry was made to point to a pmd table.',
    source: 'arch/x86/include/asm/pgalloc.h pud_populate()',
    fields: entry,
  }),
  defineEvent({
    type: 'p4d.populated',
    code: 0x1b,
    doc: 'A p4d entry was made to point to a pud table.',
    source: 'arch/x86/include/asm/pgalloc.h p4d_populate()',
    fields: entry,
  }),
  defineEvent({
    type: 'pgd.populated',
    code: 0x1c,
    doc: 'A pgd entry was made to point to the next table.',
    source: 'arch/x86/include/asm/pgalloc.h pgd_populate()',
    fields: entry,
  }),
] as const;
