/** Places of the two lists that belong together, both rising. */
export type Pairs = readonly (readonly [number, number])[];

/** Above this many edits the exact search costs too much; anchors are used instead. */
const MOST_EDITS = 2000;

/** A longest common subsequence of two lists of numbers: what stays when as little as possible is cut and put in. */
export function align(a: readonly number[], b: readonly number[]): Pairs {
  const pairs: [number, number][] = [];
  alignInto(a, 0, a.length, b, 0, b.length, pairs);
  return pairs;
}

function alignInto(
  a: readonly number[],
  fromA: number,
  toA: number,
  b: readonly number[],
  fromB: number,
  toB: number,
  pairs: [number, number][],
): void {
  let [lowA, lowB, highA, highB] = [fromA, fromB, toA, toB];
  while (lowA < highA && lowB < highB && a[lowA] === b[lowB]) pairs.push([lowA++, lowB++]);
  while (highA > lowA && highB > lowB && a[highA - 1] === b[highB - 1]) [highA, highB] = [highA - 1, highB - 1];
  if (lowA < highA && lowB < highB) {
    const exact = shortestEdit(a, lowA, highA, b, lowB, highB);
    if (exact) for (const pair of exact) pairs.push(pair);
    else byAnchors(a, lowA, highA, b, lowB, highB, pairs);
  }
  for (let i = 0; highA + i < toA; i++) pairs.push([highA + i, highB + i]);
}

/** Myers' greedy search; undefined when it would need too many edits. */
function shortestEdit(
  a: readonly number[],
  fromA: number,
  toA: number,
  b: readonly number[],
  fromB: number,
  toB: number,
): [number, number][] | undefined {
  const [n, m] = [toA - fromA, toB - fromB];
  const most = Math.min(n + m, MOST_EDITS);
  const reach = new Int32Array(2 * most + 3);
  const middle = most + 1;
  const trail: Int32Array[] = [];
  for (let d = 0; d <= most; d++) {
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && reach[middle + k - 1]! < reach[middle + k + 1]!);
      let x = down ? reach[middle + k + 1]! : reach[middle + k - 1]! + 1;
      while (x < n && x - k < m && x - k >= 0 && a[fromA + x] === b[fromB + x - k]) x++;
      reach[middle + k] = x;
      if (x >= n && x - k >= m)
        return walkBack([...trail, reach.slice(middle - d - 1, middle + d + 2)], n, m, fromA, fromB);
    }
    trail.push(reach.slice(middle - d - 1, middle + d + 2));
  }
  return undefined;
}

/** From the end back along the furthest points: diagonals are what both have. `trail[d]` holds k from −d−1 to d+1. */
function walkBack(
  trail: readonly Int32Array[],
  n: number,
  m: number,
  fromA: number,
  fromB: number,
): [number, number][] {
  const pairs: [number, number][] = [];
  let [x, y] = [n, m];
  for (let d = trail.length - 1; d > 0; d--) {
    const before = trail[d - 1]!;
    const at = (k: number): number => before[k + d] ?? -1;
    const k = x - y;
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const previous = down ? k + 1 : k - 1;
    const [startX, startY] = [at(previous), at(previous) - previous];
    while (x > startX && y > startY) pairs.push([fromA + --x, fromB + --y]);
    [x, y] = [startX, startY];
  }
  while (x > 0 && y > 0) pairs.push([fromA + --x, fromB + --y]);
  return pairs.reverse();
}

/** Patience: what occurs once on each side, as far as it stands in one order, cuts the lists into short pieces. */
function byAnchors(
  a: readonly number[],
  fromA: number,
  toA: number,
  b: readonly number[],
  fromB: number,
  toB: number,
  pairs: [number, number][],
): void {
  const [onlyA, onlyB] = [placesOf(a, fromA, toA), placesOf(b, fromB, toB)];
  const both: [number, number][] = [];
  for (const [value, place] of onlyA) {
    const other = onlyB.get(value);
    if (place >= 0 && other !== undefined && other >= 0) both.push([place, other]);
  }
  let [lowA, lowB] = [fromA, fromB];
  const anchors = rising(both);
  if (anchors.length === 0) return;
  for (const [placeA, placeB] of anchors) {
    alignInto(a, lowA, placeA, b, lowB, placeB, pairs);
    pairs.push([placeA, placeB]);
    [lowA, lowB] = [placeA + 1, placeB + 1];
  }
  alignInto(a, lowA, toA, b, lowB, toB, pairs);
}

/** Place of each value, −1 for one that occurs more than once. */
function placesOf(list: readonly number[], from: number, to: number): Map<number, number> {
  const places = new Map<number, number>();
  for (let i = from; i < to; i++) places.set(list[i]!, places.has(list[i]!) ? -1 : i);
  return places;
}

/** A longest part of pairs, sorted by the first, that rises in the second too. */
function rising(pairs: readonly [number, number][]): [number, number][] {
  const ends: number[] = [];
  const previous: number[] = [];
  for (const [i, pair] of pairs.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[ends[middle]!]![1] < pair[1]) low = middle + 1;
      else high = middle;
    }
    previous[i] = low > 0 ? ends[low - 1]! : -1;
    ends[low] = i;
  }
  const found: [number, number][] = [];
  for (let i = ends.at(-1) ?? -1; i >= 0; i = previous[i]!) found.unshift(pairs[i]!);
  return found;
}
