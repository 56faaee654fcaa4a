import {
  coverageOf,
  entryPhys,
  isLeaf,
  isPresent,
  pfnOf,
  shiftOf,
  u64,
  vaddr,
  walkLevels,
  type Level,
} from '@kwind/x86';
import { rootOf, type MachineView } from '@kwind/state';
import type { Cursor, Timeline } from '@kwind/timeline';
import type { MappedRun, PageTableView } from '../answers.ts';
import { entryInfo } from '../explain.ts';
import { nameOfAddress } from '../names.ts';
import { placeOf } from '../place.ts';
import type { VaddrRange } from '../ranges.ts';

const WHOLE: VaddrRange = { start: 0n, end: 1n << 64n };
/** Nobody reads more lines than this, and a root that links to itself would give 512 to the power of 4. */
const MAX_RUNS = 10_000;

interface Leaf {
  readonly vaddr: bigint;
  readonly size: bigint;
  readonly phys: bigint;
  readonly flags: string;
}

/** Pages mapped in a range under CR3, by rising address, each table's present entries only. */
function* leavesIn(view: MachineView, table: number, depth: number, base: bigint, range: VaddrRange): Generator<Leaf> {
  const { levels } = view.profile;
  const level: Level = walkLevels(levels)[depth]!;
  const coverage = coverageOf(level, levels);
  for (let index = 0; index < 512; index++) {
    const entry = view.pages.entry(table, index);
    if (!isPresent(entry)) continue;
    const start = signExtended(base + (BigInt(index) << shiftOf(level, levels)), levels);
    if (start + coverage <= range.start || start >= range.end) continue;
    if (!isLeaf(level, entry)) yield* leavesIn(view, pfnOf(entryPhys(level, entry)), depth + 1, start, range);
    else
      yield {
        vaddr: start,
        size: coverage,
        phys: entryPhys(level, entry) & ~(coverage - 1n),
        flags: entryInfo(level, entry).flags,
      };
  }
}

const signExtended = (address: bigint, levels: 4 | 5): bigint => u64(BigInt.asIntN(levels === 5 ? 57 : 48, address));

/** Accessed and dirty differ from page to page without meaning anything for the map. */
const merging = (flags: string): string =>
  flags
    .split(' ')
    .filter((flag) => flag !== 'A' && flag !== 'D')
    .join(' ');

/** What the tables map in a range: neighbouring pages of one size, one set of flags and following frames, merged. */
export function pageTableView(
  timeline: Timeline,
  { position, state }: Cursor,
  range: VaddrRange | null = null,
): PageTableView {
  const runs: {
    vaddr: bigint;
    end: bigint;
    phys: bigint;
    pageSize: bigint;
    pages: number;
    flags: string;
    name: string;
  }[] = [];
  let more = false;
  for (const leaf of leavesIn(state, pfnOf(rootOf(state)), 0, 0n, range ?? WHOLE)) {
    const last = runs.at(-1);
    const flags = merging(leaf.flags);
    if (
      last &&
      last.end === leaf.vaddr &&
      last.pageSize === leaf.size &&
      last.flags === flags &&
      last.phys + (last.end - last.vaddr) === leaf.phys
    ) {
      last.end += leaf.size;
      last.pages++;
    } else {
      more = runs.length >= MAX_RUNS;
      if (more) break;
      const name = nameOfAddress(state.profile, vaddr(leaf.vaddr));
      runs.push({
        vaddr: leaf.vaddr,
        end: leaf.vaddr + leaf.size,
        phys: leaf.phys,
        pageSize: leaf.size,
        pages: 1,
        flags,
        name,
      });
    }
  }
  const merged: readonly MappedRun[] = runs;
  return { type: 'pagetable', at: placeOf(timeline, position), root: rootOf(state), range, runs: merged, more };
}
