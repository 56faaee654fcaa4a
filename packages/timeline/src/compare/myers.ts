import { pushGap, type Gaps, type Span } from './gaps.ts';

/**
 * Myers' greedy search for a shortest edit, from the start of both. It ends where both end, or as soon as a path has run along
 * `confirmed` equal neighbours after a difference.
 *
 * @returns where it ended, with the gaps on the way put down; undefined when more than `most` edits would be needed
 */
export function shortestEdit(
  span: Span,
  most: number,
  confirmed: number,
  gaps: Gaps,
): { readonly fromA: number; readonly fromB: number } | undefined {
  const { end } = search(span, most, confirmed, gaps);
  return end;
}

/**
 * As {@link shortestEdit}; with `most` edits and no end in sight it ends where most of both was passed.
 *
 * @returns where it ended, which is ahead of where it began unless both lists are empty
 */
export function furthestEdit(span: Span, most: number, gaps: Gaps): { readonly fromA: number; readonly fromB: number } {
  const { end, reach, middle, trail } = search(span, most, Infinity, gaps);
  if (end) return end;
  const { fromA, fromB } = span;
  const [n, m] = [span.toA - fromA, span.toB - fromB];
  let [bestX, bestY] = [0, 0];
  for (let k = -most; k <= most; k += 2) {
    const x = reach[middle + k]!;
    if (x <= n && x - k <= m && 2 * x - k > bestX + bestY) [bestX, bestY] = [x, x - k];
  }
  walkBack(trail, bestX, bestY, fromA, fromB, gaps);
  return { fromA: fromA + bestX, fromB: fromB + bestY };
}

interface Search {
  /** Where it ended; undefined when more edits would be needed. */
  readonly end: { readonly fromA: number; readonly fromB: number } | undefined;
  /** How far each diagonal came; that of 0 is in the middle. */
  readonly reach: Int32Array;
  readonly middle: number;
  /** The same after each edit. */
  readonly trail: readonly Int32Array[];
}

function search(span: Span, most: number, confirmed: number, gaps: Gaps): Search {
  const { a, b, fromA, fromB } = span;
  const [n, m] = [span.toA - fromA, span.toB - fromB];
  const limit = Math.min(n + m, most);
  // Most searches are short, and 64 bytes are all that an array is given without a buffer of its own.
  let reach = new Int32Array(16);
  let middle = 8;
  const trail: Int32Array[] = [];
  for (let d = 0; d <= limit; d++) {
    if (middle <= d + 1) {
      const wider = new Int32Array(4 * middle);
      wider.set(reach, middle);
      reach = wider;
      middle *= 2;
    }
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && reach[middle + k - 1]! < reach[middle + k + 1]!);
      const start = down ? reach[middle + k + 1]! : reach[middle + k - 1]! + 1;
      let x = start;
      while (x < n && x - k < m && x - k >= 0 && a[fromA + x] === b[fromB + x - k]) x++;
      reach[middle + k] = x;
      const atEnd = x >= n && x - k >= m;
      if (atEnd || (x - start >= confirmed && x <= n && x - k <= m)) {
        trail.push(reach.slice(middle - d - 1, middle + d + 2));
        walkBack(trail, x, x - k, fromA, fromB, gaps);
        return { end: { fromA: fromA + x, fromB: fromB + x - k }, reach, middle, trail };
      }
    }
    trail.push(reach.slice(middle - d - 1, middle + d + 2));
  }
  return { end: undefined, reach, middle, trail };
}

/** From the end back along the furthest points. `trail[d]` holds k from −d−1 to d+1. */
function walkBack(
  trail: readonly Int32Array[],
  endX: number,
  endY: number,
  fromA: number,
  fromB: number,
  gaps: Gaps,
): void {
  const steps: number[] = [];
  let [x, y] = [endX, endY];
  for (let d = trail.length - 1; d > 0; d--) {
    const before = trail[d - 1]!;
    const at = (k: number): number => before[k + d] ?? -1;
    const k = x - y;
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const previous = down ? k + 1 : k - 1;
    [x, y] = [at(previous), at(previous) - previous];
    steps.push(x, y, down ? 1 : 0);
  }
  for (let i = steps.length - 3; i >= 0; i -= 3) {
    const [placeA, placeB, down] = [fromA + steps[i]!, fromB + steps[i + 1]!, steps[i + 2]!];
    pushGap(gaps, placeA, placeA + 1 - down, placeB, placeB + down);
  }
}
