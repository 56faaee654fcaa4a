import type { MachineState } from '@kwind/state';
import {
  coverageOf,
  describeFlags,
  entryPhys,
  isLeaf,
  isPresent,
  PHYSICAL_PAGE_MASK,
  walkLevels,
  type Level,
} from '@kwind/x86';
import { rootOf } from '@kwind/state';
import type { Places } from './places.ts';

/** Pages that are mapped alike: contiguous on both ends, of one size, with the same bits. */
export interface Run {
  /** Region of the first page, as a number, and the place in it, in pages. */
  readonly region: number;
  readonly start: number;
  readonly pages: number;
  readonly level: Level;
  readonly bits: bigint;
  /** Physical side, in the same terms. */
  readonly target: { readonly region: number; readonly page: number };
}

const HALF_OF_PAGES = 2 ** 52;
const pagesOf = (level: Level, nrLevels: 4 | 5): number => Number(coverageOf(level, nrLevels) >> 12n);

/** Every run that the current root maps, region by region. */
export function mappedRuns(state: MachineState, places: Places): Run[] {
  const nrLevels = state.profile.levels;
  const order = walkLevels(nrLevels);
  const runs: Run[] = [];
  const half = 512 ** nrLevels / 2;
  const below = (table: number, depth: number, base: number): void => {
    const level = order[depth]!;
    const pages = pagesOf(level, nrLevels);
    const image = state.pages.imageOf(table);
    for (let index = 0; index < 512; index++) {
      if ((image[2 * index]! & 1) === 0) continue;
      const entry = state.pages.entry(table, index);
      if (!isPresent(entry)) continue;
      const page = base + index * pages;
      if (isLeaf(level, entry))
        push(runs, runOf(places, page >= half ? page + HALF_OF_PAGES - 2 * half : page, pages, level, entry));
      else if (depth + 1 < order.length) below(Number(entryPhys(level, entry) >> 12n), depth + 1, page);
    }
  };
  below(Number(rootOf(state) >> 12n), 0, 0);
  return runs.toSorted((a, b) => a.region - b.region || a.start - b.start);
}

function runOf(places: Places, page: number, pages: number, level: Level, entry: bigint): Run {
  const size = BigInt(pages) << 12n;
  places.placePage(page);
  const { region, page: start } = places;
  const frame = Number((entryPhys(level, entry) & ~(size - 1n)) >> 12n);
  // Pages that are not told apart run on like their addresses.
  const isAllocated = places.isGiven(page, frame);
  if (isAllocated) places.placeAllocated();
  else places.placePage(frame);
  // Accessed and dirty are the processor's own doing.
  const bits = (entry & ~PHYSICAL_PAGE_MASK & ~0x60n) | (level === 'pte' ? 0n : entry & 0x1000n);
  return {
    region,
    start,
    pages,
    level,
    bits,
    target: { region: places.region, page: isAllocated ? start : places.page },
  };
}

function push(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  const goesOn =
    last !== undefined &&
    last.region === run.region &&
    last.start + last.pages === run.start &&
    last.level === run.level &&
    last.bits === run.bits &&
    last.target.region === run.target.region &&
    last.target.page + last.pages === run.target.page;
  if (goesOn) runs[runs.length - 1] = { ...last, pages: last.pages + run.pages };
  else runs.push(run);
}

/** A stretch of pages that the two map differently; absent where one maps nothing. */
export interface MappedDifference {
  readonly a?: Run;
  readonly b?: Run;
}

/** The part of a run from `from` to `to`. */
const part = (run: Run, from: number, to: number): Run => ({
  ...run,
  start: from,
  pages: to - from,
  target: { ...run.target, page: run.target.page + from - run.start },
});

const alike = (a: Run, b: Run): boolean =>
  a.level === b.level && a.bits === b.bits && a.target.region === b.target.region && a.target.page === b.target.page;

/** What two sorted lists of runs map differently, cut where either changes. */
export function compareRuns(a: readonly Run[], b: readonly Run[]): MappedDifference[] {
  const found: MappedDifference[] = [];
  let [i, j] = [0, 0];
  let [left, right] = [a[0], b[0]];
  const nextA = (): void => void (left = a[++i]);
  const nextB = (): void => void (right = b[++j]);
  while (left || right) {
    const before =
      !right ||
      (left &&
        (left.region < right.region || (left.region === right.region && left.start + left.pages <= right.start)));
    const after =
      !left ||
      (right &&
        (right.region < left.region || (right.region === left.region && right.start + right.pages <= left.start)));
    if (left && before) {
      found.push({ a: left });
      nextA();
    } else if (right && after) {
      found.push({ b: right });
      nextB();
    } else if (left && right) {
      if (left.start < right.start) {
        found.push({ a: part(left, left.start, right.start) });
        left = part(left, right.start, left.start + left.pages);
      } else if (right.start < left.start) {
        found.push({ b: part(right, right.start, left.start) });
        right = part(right, left.start, right.start + right.pages);
      }
      const end = Math.min(left.start + left.pages, right.start + right.pages);
      const [pieceA, pieceB] = [part(left, left.start, end), part(right, left.start, end)];
      if (!alike(pieceA, pieceB)) found.push({ a: pieceA, b: pieceB });
      const [endA, endB] = [left.start + left.pages, right.start + right.pages];
      if (endA === end) nextA();
      else left = part(left, end, endA);
      if (endB === end) nextB();
      else right = part(right, end, endB);
    }
  }
  return found;
}

const sizes: Partial<Record<Level, string>> = { pte: '4 KiB', pmd: '2 MiB', pud: '1 GiB' };

/** `direct+0x0-0x1fffff  2 MiB pages  -> 0x0  RW NX …`. */
export function runText(run: Run, places: Places): string {
  const at = (region: number, page: number, low: number): string => {
    [places.region, places.page, places.low] = [region, page, low];
    return places.text();
  };
  const last = at(run.region, run.start + run.pages - 1, 0xfff);
  const range = `${at(run.region, run.start, 0)} - ${last}`;
  return `${range}  ${sizes[run.level] ?? run.level} pages -> ${at(run.target.region, run.target.page, 0)}  ${describeFlags(run.level, run.bits | 1n)}`;
}
