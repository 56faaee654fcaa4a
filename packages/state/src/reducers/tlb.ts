import { PTE } from '@kwind/x86';
import type { Reducers } from './types.ts';

export const tlbReducers: Reducers<'tlb.page-flushed' | 'tlb.flushed' | 'tlb.filled' | 'tlb.evicted'> = {
  'tlb.page-flushed': (m, e) => {
    m.counters.pageFlushes++;
    m.dropTlb(e.vaddr);
  },
  'tlb.flushed': (m, e) => {
    m.counters.flushes++;
    const keepGlobal = e.scope === 'non-global';
    m.dropTlbWhere((entry) => !keepGlobal || (entry.prot & PTE.GLOBAL) === 0n);
  },
  'tlb.filled': (m, e) => m.fillTlb({ vaddr: e.vaddr, phys: e.phys, size: e.size, prot: e.prot, filledBy: e.seq }),
  'tlb.evicted': (m, e) => m.dropTlb(e.vaddr),
};
