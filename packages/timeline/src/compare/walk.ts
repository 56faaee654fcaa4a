import { pushGap, type Gaps, type Span } from './gaps.ts';
import { Numbers } from './hash.ts';
import { furthestEdit } from './myers.ts';

/** Edits of one stride. */
const STRIDE = 64;
/** How far a stride looks ahead. */
const WINDOW = 1 << 14;
/** Where more than one part in so many has no partner, the two lists are told as two different things. */
const ALIKE = 4;

/**
 * Along two long lists in which nothing occurs once and which never run together for long: the path that got furthest with
 * few edits, and on from there. Not the shortest, but no worse for being long.
 */
export function walk(span: Span, gaps: Gaps): void {
  const { a, b, toA, toB } = span;
  let { fromA, fromB } = span;
  const found = new Numbers();
  let most = Math.floor((toA - fromA + toB - fromB) / ALIKE);
  while (most >= 0 && fromA < toA && fromB < toB) {
    const near = { a, b, fromA, toA: Math.min(toA, fromA + WINDOW), fromB, toB: Math.min(toB, fromB + WINDOW) };
    ({ fromA, fromB } = furthestEdit(near, STRIDE, found));
    most -= STRIDE;
  }
  if (most < 0) return pushGap(gaps, span.fromA, toA, span.fromB, toB);
  pushGap(found, fromA, toA, fromB, toB);
  for (let g = 0; g < found.length; g += 4)
    pushGap(gaps, found.at(g), found.at(g + 1), found.at(g + 2), found.at(g + 3));
}
