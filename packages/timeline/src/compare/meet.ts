import { Numbers } from './hash.ts';
import { pushGap, type Gaps } from './gaps.ts';

/** Parts that are tried to be moved from one gap to the one before. */
const MOST = 16;

/**
 * Of alignments that keep equally much, one that has something on both sides of a gap where it can: among calls that are
 * all the same, one that changed is told as changed then, and not as one call come and another gone.
 */
export function meet(gaps: Gaps, a: Uint32Array, b: Uint32Array): Gaps {
  let moved = false;
  for (let g = 0; g + 4 < gaps.length; g += 4) {
    const [here, next] = [surplus(gaps, g), surplus(gaps, g + 4)];
    if (Math.sign(here) * Math.sign(next) !== -1) continue;
    const [list, from] = next > 0 ? [a, g] : [b, g + 2];
    const most = Math.min(Math.abs(here), Math.abs(next), MOST);
    const [start, end] = [gaps.at(from + 1), gaps.at(from + 4)];
    for (let by = most; by > 0; by--) {
      if (!repeats(list, start, end, by)) continue;
      gaps.set(from + 1, start + by);
      gaps.set(from + 4, end + by);
      moved = true;
      break;
    }
  }
  return moved ? withoutEmpty(gaps) : gaps;
}

/** How many parts more a gap has in the first list than in the second. */
const surplus = (gaps: Gaps, g: number): number => gaps.at(g + 1) - gaps.at(g) - (gaps.at(g + 3) - gaps.at(g + 2));

/** Whether what lies between two gaps is the same `by` parts later. */
function repeats(list: Uint32Array, start: number, end: number, by: number): boolean {
  for (let i = start; i < end; i++) if (list[i] !== list[i + by]) return false;
  return true;
}

function withoutEmpty(gaps: Gaps): Gaps {
  const left = new Numbers();
  for (let g = 0; g < gaps.length; g += 4) pushGap(left, gaps.at(g), gaps.at(g + 1), gaps.at(g + 2), gaps.at(g + 3));
  return left;
}
