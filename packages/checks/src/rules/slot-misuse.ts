import { hex, hex16 } from '@kwind/x86';
import type { Frame, Moment, Rule } from '../types.ts';

interface Claim {
  readonly seq: number;
  readonly pages: number;
  readonly vaddr: bigint;
}

const unmapFunctions = new Set(['early_iounmap', 'early_memunmap']);

function unmapCall(frame: Frame | null): Frame | undefined {
  for (let at = frame; at; at = at.outer) if (unmapFunctions.has(at.fn)) return at;
  return undefined;
}

/** What the kernel refused to unmap, and slots whose events contradict each other. */
export const slotMisuse: Rule = {
  name: 'slot-misuse',
  severity: 'error',
  title: 'a slot was claimed twice, or released with the wrong address or size',
  explanation:
    'early_iounmap() takes exactly the address that early_ioremap() returned and exactly its size. With anything else the kernel warns and leaves the mapping where it is, so the slot is lost for the rest of the boot; or, with an address that fits another slot, the wrong one goes.',
  source: 'mm/early_ioremap.c early_iounmap()',
  start: () => {
    const live = new Map<number, Claim>();
    const said = (moment: Moment, message: string, first: number): void =>
      void moment.report({ message, first, last: moment.seq, frame: moment.frame }).end(moment.seq);
    return {
      events: {
        'slot.claimed': ({ seq, slot, vaddr, pages }, moment) => {
          const before = live.get(slot);
          if (before)
            said(moment, `slot ${slot} was claimed again while it still maps ${hex16(before.vaddr)}.`, before.seq);
          live.set(slot, { seq, pages, vaddr });
        },
        'slot.released': ({ slot, pages, vaddr }, moment) => {
          const claim = live.get(slot);
          if (!claim) said(moment, `slot ${slot} was released, and it was free.`, moment.seq);
          else if (claim.pages !== pages)
            said(
              moment,
              `slot ${slot} at ${hex16(vaddr)} was claimed with ${claim.pages} pages and released with ${pages}.`,
              claim.seq,
            );
          live.delete(slot);
        },
        'warn.raised': ({ debug, message }, moment) => {
          const unmap = debug ? undefined : unmapCall(moment.frame);
          if (!unmap) return;
          const [address = 0n, size = 0n] = unmap.args;
          const why = message.includes('size not consistent') ? 'the size is another' : 'no slot maps it';
          const text = `${unmap.fn}(${hex16(address)}, ${hex(size)}) was refused: ${why}.`;
          moment
            .report({ message: text, first: moment.seq, last: moment.seq, frame: moment.frame, owns: [unmap.seq] })
            .end(moment.seq);
        },
      },
    };
  },
};
