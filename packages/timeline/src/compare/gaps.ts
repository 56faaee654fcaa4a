import type { Numbers } from './hash.ts';

/** Stretches that have no partner, in order: from and to in the first list, from and to in the second. */
export type Gaps = Numbers;

/** Two lists of numbers, and parts of them. */
export interface Span {
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  readonly fromA: number;
  readonly toA: number;
  readonly fromB: number;
  readonly toB: number;
}

/** Adjoining gaps are one. */
export function pushGap(gaps: Gaps, fromA: number, toA: number, fromB: number, toB: number): void {
  if (fromA === toA && fromB === toB) return;
  const last = gaps.length - 4;
  if (last >= 0 && gaps.at(last + 1) === fromA && gaps.at(last + 3) === fromB) {
    gaps.set(last + 1, toA);
    gaps.set(last + 3, toB);
    return;
  }
  for (const value of [fromA, toA, fromB, toB]) gaps.push(value);
}
