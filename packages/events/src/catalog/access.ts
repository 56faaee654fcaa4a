import { defineEvent } from '../schema.ts';

const access = { vaddr: 'vaddr', phys: 'phys', via: 'str', stale: 'bool' } as const;

export const accessEvents = [
  defineEvent({
    type: 'memory.loaded',
    code: 0x38,
    doc: 'A load went to `phys`, translated via `tlb` or `walk`; `stale` when the tables by now say otherwise.',
    source: 'SDM 3A 4.10.2, 4.10.3',
    fields: access,
  }),
  defineEvent({
    type: 'memory.stored',
    code: 0x39,
    doc: 'A store went to `phys`, translated via `tlb` or `walk`; `stale` when the tables by now say otherwise.',
    source: 'SDM 3A 4.10.2, 4.10.3',
    fields: access,
  }),
  defineEvent({
    type: 'fault.raised',
    code: 0x3a,
    doc: 'A page fault: `error` holds the bits P 1, W 2, U 4, RSVD 8, I 16; `reason` says what the walk met.',
    source: 'SDM 3A 4.7; arch/x86/mm/fault.c',
    fields: { vaddr: 'vaddr', error: 'u32', access: 'str', reason: 'str' },
  }),
] as const;
