import { defineEvent } from '../schema.ts';

const SOURCE = 'arch/x86/kernel/e820.c';

export const e820Events = [
  defineEvent({
    type: 'e820.added',
    code: 0x80,
    doc: 'An entry was put at the end of the memory map.',
    source: `${SOURCE} __e820__range_add() (up to 4.11 e820_add_region())`,
    fields: { entry: 'u16', start: 'u64', size: 'u64', kind: 'u32' },
  }),
  defineEvent({
    type: 'e820.changed',
    code: 0x81,
    doc: 'An entry of the memory map got another range or type; one of size 0 goes at the next sanitising.',
    source: `${SOURCE} __e820__range_update(), e820__range_remove()`,
    fields: {
      entry: 'u16',
      start: 'u64',
      size: 'u64',
      kind: 'u32',
      startBefore: 'u64',
      sizeBefore: 'u64',
      kindBefore: 'u32',
    },
  }),
  defineEvent({
    type: 'e820.replaced',
    code: 0x82,
    doc: 'The whole memory map was replaced: sanitised, or emptied. `entries` holds start, size and type of each in turn, `before` counts the old ones.',
    source: `${SOURCE} e820__update_table() (up to 4.11 sanitize_e820_map()), e820__memory_setup_default()`,
    fields: { before: 'u32', entries: 'list' },
  }),
] as const;
