import { systemRamRanges } from '@kwind/state';
import { hex } from '@kwind/x86';
import type { Frame, Rule } from '../types.ts';

const ISA_START = 0xa_0000n;
const ISA_END = 0x10_0000n;
const inner = '__ioremap_caller';

const ioremapCall = (frame: Frame | null): Frame | undefined => {
  for (let at = frame; at; at = at.outer) if (at.fn === inner) return at;
  return undefined;
};

/** ioremap() of memory that the kernel uses as RAM is refused, and warned of only once in a boot. */
export const ioremapOfRam: Rule = {
  name: 'ioremap-of-ram',
  severity: 'error',
  title: 'RAM was asked to be mapped as a device',
  explanation:
    'ioremap() gives another memory type than the direct map has, which is why the kernel refuses RAM; it warns the first time only. Look at the physical address: a register read as 0, a firmware table that lies, or memory that memremap() should map.',
  source: 'arch/x86/mm/ioremap.c __ioremap_caller()',
  start: () => {
    const warned = new Set<number>();
    return {
      events: {
        'warn.raised': ({ message }, moment) => {
          if (!/^ioremap on RAM/i.test(message)) return;
          const call = ioremapCall(moment.frame);
          if (call) warned.add(call.seq);
          else
            moment
              .report({ message: `${message}.`, first: moment.seq, last: moment.seq, frame: moment.frame })
              .end(moment.seq);
        },
      },
      calls: {
        [inner]: {
          returned: ({ result }, moment) => {
            if (result !== 0n || !moment.frame) return;
            const { args, seq } = moment.frame;
            const [phys = 0n, size = 0n] = args;
            const last = phys + size - 1n;
            if (size === 0n || (phys >= ISA_START && last < ISA_END)) return;
            const [ram] = systemRamRanges(moment.before(), phys, last);
            if (!warned.has(seq) && !ram) return;
            const message = `a device mapping of ${hex(phys)} to ${hex(last)} was asked for, and refused, because it is RAM.`;
            moment.report({ message, first: seq, last: moment.seq, frame: moment.frame, owns: [seq] }).end(moment.seq);
          },
        },
      },
    };
  },
};
