import { defineEvent } from '../schema.ts';

const at = { fn: 'str', file: 'str', message: 'str' } as const;

export const troubleEvents = [
  defineEvent({
    type: 'warn.raised',
    code: 0x60,
    doc: "A WARN fired; `message` is the kernel's text, empty for a bare WARN_ON(). `debug` when it only prints a line that early_ioremap_debug asked for: nothing is wrong then.",
    source: 'include/asm-generic/bug.h WARN()',
    fields: { ...at, debug: 'bool' },
  }),
  defineEvent({
    type: 'bug.raised',
    code: 0x61,
    doc: 'A BUG or a build-time check fired; the kernel stops here.',
    source: 'include/asm-generic/bug.h BUG()',
    fields: at,
  }),
  defineEvent({
    type: 'message.printed',
    code: 0x62,
    doc: 'The kernel printed a line.',
    source: 'kernel/printk/printk.c',
    fields: { level: 'str', text: 'str' },
  }),
] as const;
