import { hex16 } from '@kwind/x86';
import type { Rule } from '../types.ts';

const said = (message: string): string => (message === '' ? '' : `: ${message.split('\n', 1)[0]}`);

/** Every WARN that no other rule accounts for. */
export const kernelWarning: Rule = {
  name: 'kernel-warning',
  severity: 'warning',
  title: 'the kernel raised a WARN',
  explanation:
    'The kernel met something that should not be and went on. A WARN that another rule explains is reported by that rule alone, and the lines that early_ioremap_debug prints through WARN are none.',
  source: 'include/asm-generic/bug.h WARN()',
  start: () => ({
    events: {
      'warn.raised': ({ debug, fn, file, message }, moment) => {
        if (debug) return;
        const text = `WARN in ${fn}()${file === '' ? '' : `, ${file}`}${said(message)}`;
        moment.report({ message: text, first: moment.seq, last: moment.seq, frame: moment.frame }).end(moment.seq);
      },
    },
  }),
};

/** Every BUG that no other rule accounts for. */
export const kernelBug: Rule = {
  name: 'kernel-bug',
  severity: 'error',
  title: 'the kernel raised a BUG',
  explanation:
    'The kernel met something that it cannot go on from, and stopped here. A BUG that another rule explains is reported by that rule alone.',
  source: 'include/asm-generic/bug.h BUG()',
  start: () => ({
    events: {
      'bug.raised': ({ fn, file, message }, moment) => {
        const text = `BUG in ${fn}()${file === '' ? '' : `, ${file}`}${said(message)}`;
        moment.report({ message: text, first: moment.seq, last: moment.seq, frame: moment.frame }).end(moment.seq);
      },
    },
  }),
};

/** RSVD of a page fault's error code: an entry with reserved bits, which has a rule of its own. */
const RSVD = 1 << 3;

/** Every page fault that no other rule accounts for. */
export const pageFault: Rule = {
  name: 'page-fault',
  severity: 'error',
  title: 'an access faulted',
  explanation:
    'The address was not mapped, or not for such an access. This early nobody can bring a page in: the kernel stops here. A fault that another rule explains is reported by that rule alone.',
  source: 'arch/x86/mm/fault.c; SDM 3A 4.7',
  start: () => ({
    events: {
      'fault.raised': ({ vaddr, access, error, reason }, moment) => {
        if ((error & RSVD) !== 0) return;
        const message = `a ${access} of ${hex16(vaddr)} faulted: ${reason}.`;
        moment.report({ message, first: moment.seq, last: moment.seq, frame: moment.frame }).end(moment.seq);
      },
    },
  }),
};
