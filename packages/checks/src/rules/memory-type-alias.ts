import {
  entryPhys,
  hex,
  hex16,
  isLeaf,
  patIndex,
  pfnOf,
  physAddr,
  vaddr,
  vaOfPhys,
  type CacheMode,
  type KernelProfile,
} from '@kwind/x86';
import { walk, type MachineView, type Walk } from '@kwind/state';
import type { EntryRow } from '../pass/entry-row.ts';
import type { Moment, OpenFinding, Rule } from '../types.ts';

const PWT_PCD = 0x18;
const PAT_SMALL = 0x80;
const PAT_LARGE = 0x1000;
/** The legacy hole: the direct map covers it write-back, and MTRRs make it uncached all the same. */
const ISA_FIRST = 0xa0;
const ISA_END = 0x100;
/** More pages than a device has that anyone maps early: a 1 GiB page is left alone. */
const MOST_PAGES = 512;

interface Typed {
  readonly type: CacheMode;
  readonly page: number;
  readonly seq: number;
  readonly key: string;
}

/** UC- is UC until an MTRR says otherwise. */
const sameType = (a: CacheMode, b: CacheMode): boolean => a === b || (a.startsWith('UC') && b.startsWith('UC'));

const isUncommon = (row: EntryRow): boolean =>
  (row.afterLo & (PWT_PCD | (row.depth === 0 ? PAT_SMALL : PAT_LARGE))) !== 0;

const typeOfRow = (profile: KernelProfile, row: EntryRow): CacheMode =>
  profile.patTypes[patIndex(row.level, row.after)]!;

function typeOfWalk(profile: KernelProfile, found: Extract<Walk, { kind: 'mapped' }>): CacheMode {
  return profile.patTypes[patIndex(found.leaf, found.steps.at(-1)!.entry)]!;
}

/** Where the frame is mapped write-back by something that has been there for longer: the direct map, or a cached area. */
function olderAlias(view: MachineView, frame: number): { address: bigint; type: CacheMode } | undefined {
  const phys = BigInt(frame) << 12n;
  const area = view.control.vmalloc.areas.find(
    (one) => one.phys !== 0n && one.phys <= phys && phys < one.phys + (one.end - one.start - 4096n),
  );
  const candidates = [
    vaOfPhys(view.profile, physAddr(phys)),
    ...(area ? [vaddr(area.start + (phys - area.phys))] : []),
  ];
  for (const slot of view.control.slots) {
    const first = slot.phys >> 12n;
    if (slot.prevMap !== 0n && first <= BigInt(frame) && BigInt(frame) < first + BigInt(slot.pages)) {
      candidates.push(vaddr((slot.prevMap & ~0xfffn) + ((BigInt(frame) - first) << 12n)));
    }
  }
  for (const address of candidates) {
    const found = walk(view, address);
    if (found.kind === 'mapped' && found.phys >> 12n === BigInt(frame))
      return { address, type: typeOfWalk(view.profile, found) };
  }
  return undefined;
}

/** Frames that are mapped as anything but write-back, and by which entry. */
class UncommonFrames {
  readonly byFrame = new Map<number, Typed[]>();
  readonly #findings = new Map<string, OpenFinding>();

  drop(row: EntryRow, seq: number): void {
    if (this.byFrame.size === 0 && this.#findings.size === 0) return;
    const key = `${row.table} ${row.index}`;
    this.#findings.get(key)?.end(seq);
    this.#findings.delete(key);
    if (this.byFrame.size === 0 || !row.wasLeaf) return;
    for (const frame of framesOf(row.level, row.before)) {
      const rest = this.byFrame.get(frame)?.filter((one) => one.key !== key);
      if (rest?.length === 0) this.byFrame.delete(frame);
      else if (rest) this.byFrame.set(frame, rest);
    }
  }
  report(row: EntryRow, finding: OpenFinding): void {
    this.#findings.set(`${row.table} ${row.index}`, finding);
  }
}

function framesOf(level: EntryRow['level'], entry: bigint): number[] {
  if (!isLeaf(level, entry)) return [];
  const pages = level === 'pte' ? 1 : level === 'pmd' ? MOST_PAGES : 0;
  const first = pfnOf(entryPhys(level, entry));
  return Array.from({ length: pages }, (_, i) => first + i);
}

function judge(row: EntryRow, moment: Moment, known: UncommonFrames): void {
  const uncommon = isUncommon(row);
  const [page] = moment.links.pagesOf(row);
  if (page === undefined || (!uncommon && known.byFrame.size === 0)) return;
  const type = typeOfRow(moment.profile, row);
  for (const [i, frame] of framesOf(row.level, row.after).entries()) {
    if (frame >= ISA_FIRST && frame < ISA_END) continue;
    const before = known.byFrame.get(frame)?.find((one) => !sameType(one.type, type));
    const other = before
      ? { address: moment.links.addressOf(before.page), type: before.type }
      : uncommon
        ? olderAlias(moment.before(), frame)
        : undefined;
    if (other && !sameType(other.type, type)) {
      const here = moment.links.addressOf(page + i);
      const message = `physical ${hex(BigInt(frame) << 12n)} is mapped ${type} at ${hex16(here)} and ${other.type} at ${hex16(other.address)}.`;
      known.report(row, moment.report({ message, first: moment.seq, last: moment.seq, frame: moment.frame }));
      break;
    }
  }
  if (!uncommon || sameType(type, 'WB')) return;
  const key = `${row.table} ${row.index}`;
  for (const [i, frame] of framesOf(row.level, row.after).entries()) {
    known.byFrame.set(frame, [...(known.byFrame.get(frame) ?? []), { type, page: page + i, seq: moment.seq, key }]);
  }
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
        if (row.isLeaf && (known.byFrame.size > 0 || isUncommon(row))) judge(row, moment, known);
      },
    };
  },
};
