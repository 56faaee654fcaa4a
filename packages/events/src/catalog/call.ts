import { defineEvent } from '../schema.ts';

export const callEvents = [
  defineEvent({
    type: 'call.entered',
    code: 0x50,
    doc: 'A kernel function was entered; `text` holds what arguments are strings, as `name="rtc"`. `caller` is the return address, `stack` further ones (nearest first), `origin` the script line, log line or record it came from.',
    source: 'the function named',
    fields: { fn: 'str', caller: 'str', stack: 'str', origin: 'str', text: 'str', args: 'list' },
  }),
  defineEvent({
    type: 'call.returned',
    code: 0x51,
    doc: 'A kernel function returned `result` (0 for a function of type void).',
    source: 'the function named',
    fields: { fn: 'str', result: 'u64' },
  }),
] as const;
