import { byAnchors } from './anchors.ts';
import { pushGap, type Gaps, type Span } from './gaps.ts';
import { Numbers } from './hash.ts';
import { meet } from './meet.ts';
import { shortestEdit } from './myers.ts';

/** Up to so many parts a shortest edit is looked for at once, which is exact. */
const EXACT = 1 << 15;
/** Above this many edits, what is unique on both sides is a better guide than what makes the fewest. */
const FEW_EDITS = 200;
/** Equal neighbours after which two lists are taken to run together again. */
const CONFIRMED = 64;
/** How far ahead of a difference the place is looked for where they do. */
const WINDOW = 1 << 14;
/** Edits in one place before a long list is cut at anchors instead. */
const NEAR_EDITS = 64;

/**
 * What has to be cut from `a` and put in from `b`: as little as possible in short lists; in long ones as little as possible
 * between places where they run together for a while.
 */
export function align(a: Uint32Array, b: Uint32Array): Gaps {
  const gaps = new Numbers();
  alignSpan({ a, b, fromA: 0, toA: a.length, fromB: 0, toB: b.length }, gaps);
  return meet(gaps, a, b);
}

function alignSpan(span: Span, gaps: Gaps): void {
  const { a, b } = span;
  let { fromA, toA, fromB, toB } = span;
  while (fromA < toA && fromB < toB && a[fromA] === b[fromB]) [fromA, fromB] = [fromA + 1, fromB + 1];
  while (toA > fromA && toB > fromB && a[toA - 1] === b[toB - 1]) [toA, toB] = [toA - 1, toB - 1];
  if (fromA === toA || fromB === toB) return pushGap(gaps, fromA, toA, fromB, toB);
  const rest = { a, b, fromA, toA, fromB, toB };
  if (toA - fromA + toB - fromB <= EXACT) {
    if (!shortestEdit(rest, FEW_EDITS, Infinity, gaps)) byAnchors(rest, gaps, alignSpan);
    return;
  }
  resync(rest, gaps);
}

/** Along both lists; at each difference, the nearest place where they run together again. */
function resync(span: Span, gaps: Gaps): void {
  const { a, b, toA, toB } = span;
  let { fromA, fromB } = span;
  for (;;) {
    while (fromA < toA && fromB < toB && a[fromA] === b[fromB]) {
      fromA++;
      fromB++;
    }
    if (fromA === toA || fromB === toB) return pushGap(gaps, fromA, toA, fromB, toB);
    const near = {
      a,
      b,
      fromA,
      toA: Math.min(toA, fromA + WINDOW),
      fromB,
      toB: Math.min(toB, fromB + WINDOW),
    };
    const found = shortestEdit(near, NEAR_EDITS, CONFIRMED, gaps);
    if (!found) return byAnchors({ a, b, fromA, toA, fromB, toB }, gaps, alignSpan);
    ({ fromA, fromB } = found);
  }
}
