import { hex, type KernelProfile } from '@kwind/x86';
import type { Moment, Rule } from '../types.ts';

const early = '__early_set_fixmap';
const setters = new Set([
  early,
  'set_fixmap',
  'set_fixmap_nocache',
  'set_fixmap_io',
  'clear_fixmap',
  '__set_fixmap',
  '__set_fixmap_offset',
  'native_set_fixmap',
  '__native_set_fixmap',
  '__late_set_fixmap',
  '__late_clear_fixmap',
  'fix_to_virt',
]);

/** What is wrong with an index that a function was given, or nothing. */
function wrongIndex({ fixmap }: KernelProfile, fn: string, index: bigint): string | undefined {
  const end = BigInt(fixmap.endOfFixed);
  if (index >= end) return `there are ${end}`;
  if (fn !== early || index >= fixmap.btmapEnd) return undefined;
  return `the early window begins at ${fixmap.btmapEnd}, and this index shares its entry of bm_pte with a page of the window`;
}

/** An index that no page of the fixmap, or of the early window, stands for. */
export const fixmapIndex: Rule = {
  name: 'fixmap-index',
  severity: 'error',
  title: 'a fixmap index lies outside its range',
  explanation:
    'An index past __end_of_fixed_addresses is a BUG. __early_set_fixmap() has no lower bound: a permanent index writes the entry of bm_pte that its address happens to select, and so a page of somebody else.',
  source: 'arch/x86/mm/ioremap.c __early_set_fixmap(); arch/x86/mm/pgtable.c __native_set_fixmap()',
  start: (profile) => {
    const entered = ({ fn, args }: { readonly fn: string; readonly args: readonly bigint[] }, moment: Moment): void => {
      const index = args[0];
      if (index === undefined) return;
      const wrong = wrongIndex(profile, fn, index);
      if (wrong === undefined || (moment.frame?.outer && setters.has(moment.frame.outer.fn))) return;
      const message = `${fn}() got the fixmap index ${index > 0xffff_ffffn ? hex(index) : index}; ${wrong}.`;
      moment
        .report({ message, first: moment.seq, last: moment.seq, frame: moment.frame, owns: [moment.seq] })
        .end(moment.seq);
    };
    return { calls: Object.fromEntries([...setters].map((fn) => [fn, { entered }])) };
  },
};
