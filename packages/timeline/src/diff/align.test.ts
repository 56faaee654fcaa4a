import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { align } from './align.ts';

/** The length of a longest common subsequence, by the book. */
function longest(a: readonly number[], b: readonly number[]): number {
  let row = Array<number>(b.length + 1).fill(0);
  for (const value of a) {
    const next = [0];
    for (let j = 0; j < b.length; j++) next.push(value === b[j] ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    row = next;
  }
  return row.at(-1)!;
}

const list = fc.array(fc.nat({ max: 5 }), { maxLength: 40 });

describe('align', () => {
  it('pairs equal things in order, as many as can be', () => {
    fc.assert(
      fc.property(list, list, (a, b) => {
        const pairs = align(a, b);
        expect(pairs).toHaveLength(longest(a, b));
        for (const [i, [x, y]] of pairs.entries()) {
          expect(a[x]).toBe(b[y]);
          const before = pairs[i - 1];
          if (before) expect(before[0] < x && before[1] < y).toBe(true);
        }
      }),
    );
  });

  it('copes with lists that have little in common', () => {
    const a = Array.from({ length: 6000 }, (_, i) => i);
    const b = a.flatMap((value) => (value % 2 === 0 ? [value] : [value + 100_000, value + 200_000]));
    expect(align(a, b)).toHaveLength(3000);
  });
});
