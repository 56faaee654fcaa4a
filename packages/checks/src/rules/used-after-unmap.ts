import { hex16, PAGE_MASK } from '@kwind/x86';
import type { Frame, Moment, Rule } from '../types.ts';

/** A mapping that was undone: bytes `start` to `end − 1`. */
interface Gone {
  readonly start: bigint;
  readonly end: bigint;
  readonly seq: number;
  readonly what: string;
  readonly frame: Frame | null;
}

const PAGE = 4096n;

/** Accesses to what early_iounmap() or iounmap() took away. */
export const usedAfterUnmap: Rule = {
  name: 'used-after-unmap',
  severity: 'error',
  title: 'a mapping was used after it was unmapped',
  explanation:
    'The address is no longer mapped, or its slot or area has gone to somebody else. The access faults, or reads what is cached or mapped there now. The unmapping call and the access are both named; one of them comes too early or too late.',
  source: 'mm/early_ioremap.c early_iounmap(); arch/x86/mm/ioremap.c iounmap()',
  start: () => {
    const gone = new Map<string, Gone>();
    const forget = (start: bigint, end: bigint): void => {
      for (const [key, one] of gone) if (one.start < end && start < one.end) gone.delete(key);
    };
    const used = (address: bigint, how: string, moment: Moment): void => {
      for (const one of gone.values()) {
        if (address < one.start || address >= one.end) continue;
        const message = `${hex16(address)} was ${how} after ${one.what} was unmapped.`;
        const unmapped = { name: 'unmapped by', value: nameOf(one.frame) };
        moment
          .report({ message, first: one.seq, last: moment.seq, frame: moment.frame, details: [unmapped] })
          .end(moment.seq);
      }
    };
    return {
      events: {
        'slot.claimed': ({ vaddr, pages }) => forget(vaddr & PAGE_MASK, (vaddr & PAGE_MASK) + BigInt(pages) * PAGE),
        'slot.released': ({ seq, slot, vaddr, pages }, { frame }) => {
          const start = vaddr & PAGE_MASK;
          gone.set(`slot ${slot}`, { start, end: start + BigInt(pages) * PAGE, seq, what: `slot ${slot}`, frame });
        },
        'area.claimed': ({ start, end }) => forget(start, end),
        'area.released': ({ seq, start, end }, { frame }) =>
          void gone.set(hex16(start), { start, end: end - PAGE, seq, what: `the area at ${hex16(start)}`, frame }),
        'memory.loaded': ({ vaddr }, moment) => used(vaddr, 'loaded from', moment),
        'memory.stored': ({ vaddr }, moment) => used(vaddr, 'stored to', moment),
        'fault.raised': ({ vaddr, access }, moment) => used(vaddr, `the address of a ${access} that faulted,`, moment),
      },
    };
  },
};

const nameOf = (frame: Frame | null): string => {
  let at = frame;
  while (at?.outer) at = at.outer;
  return at ? `${at.fn}()${at.caller === '' ? '' : ` from ${at.caller}`}` : 'nobody that the trace names';
};
