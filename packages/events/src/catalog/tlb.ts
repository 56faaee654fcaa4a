import { defineEvent } from '../schema.ts';

export const tlbEvents = [
  defineEvent({
    type: 'tlb.page-flushed',
    code: 0x30,
    doc: 'The translations of the page that holds `vaddr` were dropped, global ones too; `how` is the instruction.',
    source: 'arch/x86/mm/tlb.c native_flush_tlb_one_user(); SDM 3A 4.10.4.1',
    fields: { vaddr: 'vaddr', how: 'str' },
  }),
  defineEvent({
    type: 'tlb.flushed',
    code: 0x31,
    doc: 'Many translations were dropped: all of them, or (scope `non-global`) all but the global ones.',
    source: 'arch/x86/mm/tlb.c native_flush_tlb_local(), native_flush_tlb_global(); SDM 3A 4.10.4.1',
    fields: { how: 'str', scope: 'str' },
  }),
  defineEvent({
    type: 'tlb.filled',
    code: 0x32,
    doc: 'A walk ended in a page and the CPU cached it: `vaddr` and `phys` of the page, its size, the effective bits.',
    source: 'SDM 3A 4.10.2',
    fields: { vaddr: 'vaddr', phys: 'phys', size: 'u64', prot: 'pte' },
  }),
  defineEvent({
    type: 'tlb.evicted',
    code: 0x33,
    doc: 'One cached translation was dropped by the CPU itself: by a fault on its address, or because it may at any time.',
    source: 'SDM 3A 4.10.4.1, 4.10.4.3',
    fields: { vaddr: 'vaddr', reason: 'str' },
  }),
] as const;
