import { hex, hex16, patIndex, type CacheMode, type KernelProfile } from '@kwind/x86';
import type { EntryRow } from '../pass/entry-row.ts';
import type { Moment, Rule } from '../types.ts';
import { OlderAliases, type Alias } from './older-alias.ts';
import { MOST_PAGES, sameType, UncommonFrames, type TypedFrames } from './typed-frames.ts';

const PWT_PCD = 0x18;
const PAT_SMALL = 0x80;
const PAT_LARGE = 0x1000;
/** The legacy hole: the direct map covers it write-back, and MTRRs make it uncached all the same. */
const ISA_FIRST = 0xa0;
const ISA_END = 0x100;

const isUncommon = (row: EntryRow): boolean =>
  (row.afterLo & (PWT_PCD | (row.depth === 0 ? PAT_SMALL : PAT_LARGE))) !== 0;

const typeOfRow = (profile: KernelProfile, row: EntryRow): CacheMode =>
  profile.patTypes[patIndex(row.level, row.after)]!;

/** First frame of a leaf: a large page's PAT bit lies where a small one has the lowest bit of its frame. */
const firstFrameOf = ({ depth, frameAfter }: EntryRow): number =>
  depth === 0 ? frameAfter : frameAfter - (frameAfter % MOST_PAGES);

/** The first frame of the entry that something else maps with another type. */
function conflict(
  { first, pages, type }: Pick<TypedFrames, 'first' | 'pages' | 'type'>,
  older: OlderAliases | undefined,
  known: UncommonFrames,
  moment: Moment,
): { readonly frame: number; readonly other: Alias } | undefined {
  const isKnown = known.mayHold(first, pages);
  for (let frame = first; frame < first + pages;) {
    if (frame >= ISA_FIRST && frame < ISA_END) {
      frame = ISA_END;
      continue;
    }
    const before = isKnown ? known.other(frame, type) : undefined;
    if (before)
      return {
        frame,
        other: { address: moment.links.addressOf(before.page + (frame - before.first)), type: before.type },
      };
    const { alias, until } = older?.at(frame) ?? { alias: undefined, until: Infinity };
    if (alias && !sameType(alias.type, type)) return { frame, other: alias };
    frame = isKnown ? frame + 1 : Math.max(until, frame + 1);
  }
  return undefined;
}

function judge(row: EntryRow, moment: Moment, known: UncommonFrames): void {
  const pages = row.depth === 0 ? 1 : row.depth === 1 ? MOST_PAGES : 0;
  if (pages === 0) return;
  const first = firstFrameOf(row);
  const uncommon = isUncommon(row);
  if (!uncommon && !known.mayHold(first, pages)) return;
  const [page] = moment.links.pagesOf(row);
  if (page === undefined) return;
  const type = typeOfRow(moment.profile, row);
  const older = uncommon ? new OlderAliases(moment.look(), first, pages) : undefined;
  const found = conflict({ first, pages, type }, older, known, moment);
  if (found) {
    const { frame, other } = found;
    const here = moment.links.addressOf(page + frame - first);
    const message = `physical ${hex(BigInt(frame) << 12n)} is mapped ${type} at ${hex16(here)} and ${other.type} at ${hex16(other.address)}.`;
    known.report(row, moment.report({ message, first: moment.seq, last: moment.seq, frame: moment.frame }));
  }
  if (uncommon && !sameType(type, 'WB')) known.add(row, { first, pages, page, type, seq: moment.seq });
}

/** One frame, two caching behaviours. */
export const memoryTypeAlias: Rule = {
  name: 'memory-type-alias',
  severity: 'error',
  title: 'one page of memory is mapped with two memory types',
  explanation:
    'A frame that is cached through one mapping and not through another can be read stale, or written back over what a device did. The manual leaves open what happens. The legacy area 0xa0000 to 0xfffff is left out: MTRRs make it uncached, whatever the direct map says.',
  source: 'SDM 3A 11.12.4; arch/x86/mm/pat/memtype.c',
  start: () => {
    const known = new UncommonFrames();
    return {
      wants: ({ before, after }) => before.present || after.present,
      entry: (row, moment) => {
        if (row.wasLeaf) known.drop(row, moment.seq);
        if (row.isLeaf && (!known.isEmpty || isUncommon(row))) judge(row, moment, known);
      },
    };
  },
};
