import { hex, hex16 } from '@kwind/x86';
import type { EntryRow } from '../pass/entry-row.ts';
import type { Rule } from '../types.ts';

const PRESENT = 1;
const PSE = 0x80;
/** Bits of a large page's frame number that must be 0, beside the PAT bit. */
const LARGE_2M = 0x1f_e000;
const LARGE_1G = 0x3fff_e000;
const HIGHEST = 20;
const RSVD = 8;

/** Low bits that must be 0 in a present entry. */
function reservedLow({ depth, afterLo }: EntryRow): number {
  if (depth >= 3) return PSE;
  if ((afterLo & PSE) === 0) return 0;
  if (depth === 1) return LARGE_2M;
  return depth === 2 ? LARGE_1G : 0;
}

/** A walk that meets such an entry faults, whatever else it says. */
export const reservedPteBits: Rule = {
  name: 'reserved-bits',
  severity: 'error',
  title: 'a present entry has reserved bits set',
  explanation:
    'The CPU refuses an entry with bits that it reserves: an address beyond its physical width, low address bits of a large page, or PSE where there are no large pages. The next walk through it ends in a page fault with the RSVD bit.',
  source: 'SDM 3A 4.5, 4.7',
  start: ({ physBits }) => {
    const width = Math.min(HIGHEST, Math.max(0, physBits - 32));
    const reservedHigh = ((1 << HIGHEST) - 1) & ~((1 << width) - 1);
    return {
      wants: ({ after, upper }) => after.present && (after.special || upper),
      entry: (row, moment) => {
        if ((row.afterLo & PRESENT) === 0) return;
        const low = row.afterLo & reservedLow(row);
        const high = row.afterHi & reservedHigh;
        if (low === 0 && high === 0) return;
        const bits = (BigInt(high) << 32n) | BigInt(low >>> 0);
        const [page] = moment.links.pagesOf(row);
        const where = page === undefined ? '' : ` for ${hex16(moment.links.addressOf(page))}`;
        const message = `the ${row.level} entry ${hex(row.after)}${where} has the reserved bits ${hex(bits)} set.`;
        moment.report({ message, first: moment.seq, last: moment.seq, frame: moment.frame });
      },
      events: {
        'fault.raised': ({ vaddr, error, reason }, moment) => {
          if ((error & RSVD) === 0) return;
          const message = `an access to ${hex16(vaddr)} met ${reason}.`;
          moment.report({ message, first: moment.seq, last: moment.seq, frame: moment.frame }).end(moment.seq);
        },
      },
    };
  },
};
