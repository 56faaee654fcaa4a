import { defineEvent } from '../schema.ts';

const change = { before: 'u64', after: 'u64' } as const;

export const cpuEvents = [
  defineEvent({
    type: 'cr3.loaded',
    code: 0x40,
    doc: 'CR3 was written: the root table. What it drops from the TLB is an event of its own.',
    source: 'arch/x86/include/asm/special_insns.h write_cr3()',
    fields: change,
  }),
  defineEvent({
    type: 'cr4.written',
    code: 0x41,
    doc: 'CR4 was written. What it drops from the TLB is an event of its own.',
    source: 'arch/x86/kernel/cpu/common.c native_write_cr4()',
    fields: change,
  }),
  defineEvent({
    type: 'register.written',
    code: 0x42,
    doc: 'Another register was written, by name: cr0, efer.',
    source: 'arch/x86/kernel/head_64.S',
    fields: { name: 'str', ...change },
  }),
  defineEvent({
    type: 'variable.set',
    code: 0x43,
    doc: 'A variable of the kernel was set, by its kernel name.',
    source: 'the variable named',
    fields: { name: 'str', ...change },
  }),
  defineEvent({
    type: 'phase.entered',
    code: 0x44,
    doc: 'The boot reached a named phase.',
    source: 'init/main.c start_kernel(); arch/x86/kernel/setup.c setup_arch()',
    fields: { name: 'str' },
  }),
] as const;
