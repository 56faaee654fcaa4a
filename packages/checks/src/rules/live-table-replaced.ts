import { hex, hex16 } from '@kwind/x86';
import type { Rule } from '../types.ts';

/** A table that maps something was hung off by a store to the entry above it. */
export const liveTableReplaced: Rule = {
  name: 'live-table-replaced',
  severity: 'error',
  title: 'a table was put over one that still maps something',
  explanation:
    'An entry that pointed to a table with present entries was made to point elsewhere without being cleared first. All that the old table mapped is gone at once, and the CPU may still use it from its paging-structure caches.',
  source: 'arch/x86/include/asm/pgalloc.h pmd_populate_kernel(); SDM 3A 4.10.3',
  start: () => ({
    wants: ({ upper, before, after }) => upper && before.present && after.present,
    entry: (row, moment) => {
      if (row.depth === 0 || !row.wasLink || (row.afterLo & 1) === 0) return;
      const old = row.frameBefore;
      if (row.isLink && row.frameAfter === old) return;
      const { pages } = moment.look();
      let present = 0;
      for (let index = 0; index < 512; index++) if ((pages.entry(old, index) & 1n) !== 0n) present++;
      if (present === 0) return;
      const [page] = moment.links.pagesOf(row);
      const where = page === undefined ? '' : ` for ${hex16(moment.links.addressOf(page))}`;
      const message = `the ${row.level} entry${where} was turned from ${hex(row.before)} to ${hex(row.after)}; the old table had ${present} present ${present === 1 ? 'entry' : 'entries'}.`;
      moment.report({ message, first: moment.seq, last: moment.seq, frame: moment.frame }).end(moment.seq);
    },
  }),
};
