import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { align } from './align.ts';

/** The length of a longest common subsequence, by the book. */
function longest(a: Uint32Array, b: Uint32Array): number {
  let row = Array<number>(b.length + 1).fill(0);
  for (const value of a) {
    const next = [0];
    for (let j = 0; j < b.length; j++) next.push(value === b[j] ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    row = next;
  }
  return row.at(-1)!;
}

/** How much is left of the first list; checks that outside the gaps both are the same. */
function kept(a: Uint32Array, b: Uint32Array): number {
  const gaps = align(a, b);
  let [i, j, count] = [0, 0, 0];
  for (let g = 0; g <= gaps.length; g += 4) {
    const [fromA, fromB] = g < gaps.length ? [gaps.at(g), gaps.at(g + 2)] : [a.length, b.length];
    expect(fromA - i).toBe(fromB - j);
    for (; i < fromA; i++, j++, count++) if (a[i] !== b[j]) expect(`a[${i}]`).toBe(`b[${j}]`);
    if (g < gaps.length) [i, j] = [gaps.at(g + 1), gaps.at(g + 3)];
  }
  return count;
}

const list = fc.array(fc.nat({ max: 5 }), { maxLength: 40 }).map((values) => Uint32Array.from(values));
const filled = (length: number, value: (i: number) => number): Uint32Array =>
  Uint32Array.from({ length }, (_, i) => value(i));

describe('align', () => {
  it('keeps as much as can be kept', () => {
    fc.assert(
      fc.property(list, list, (a, b) => {
        expect(kept(a, b)).toBe(longest(a, b));
      }),
    );
  });

  it('sets what changed against what it was, also among equal neighbours', () => {
    const gapsOf = (a: readonly number[], b: readonly number[]): readonly number[] => {
      const gaps = align(Uint32Array.from(a), Uint32Array.from(b));
      return Array.from({ length: gaps.length }, (_, i) => gaps.at(i));
    };
    expect(gapsOf([1, 1, 2], [9, 1, 3])).toEqual([0, 1, 0, 1, 2, 3, 2, 3]);
    expect(gapsOf([9, 1, 3], [1, 1, 2])).toEqual([0, 1, 0, 1, 2, 3, 2, 3]);
    expect(gapsOf([1, 1, 1, 2], [9, 1, 1, 2])).toEqual([0, 1, 0, 1]);
  });

  it('copes with lists that have little in common', () => {
    const a = filled(6000, (i) => i);
    const b = Uint32Array.from(
      [...a].flatMap((value) => (value % 2 === 0 ? [value] : [value + 100_000, value + 200_000])),
    );
    expect(kept(a, b)).toBe(3000);
    expect(
      kept(
        filled(70_000, (i) => i),
        filled(80_000, (i) => i + 1_000_000),
      ),
    ).toBe(0);
  });

  it('keeps nearly all of long lists in which nothing occurs once, with a difference every few places', () => {
    const a = filled(200_000, (i) => 1 + ((i * 7919) % 13) * ((i >> 3) % 5));
    const b = Uint32Array.from(
      [...a].flatMap((value, i) => (i % 17 === 3 ? [] : i % 23 === 5 ? [99, value] : [value])),
    );
    const most = a.filter((_, i) => i % 17 !== 3).length;
    expect(kept(a, b)).toBeGreaterThan(0.98 * most);
    expect(kept(b, a)).toBeGreaterThan(0.98 * most);
  });

  it('tells two long lists that are not alike as two, and not as thousands of pieces', () => {
    const a = filled(100_000, (i) => (i * i) % 7);
    const b = filled(100_000, (i) => 5 + ((i * i) % 11));
    expect(align(a, b).length).toBe(4);
  });

  it('finds its way past a long stretch that only one side has', () => {
    const a = filled(200_000, (i) => i);
    const b = filled(300_000, (i) => (i < 70_000 ? i : i < 170_000 ? 500_000 + i : i - 100_000));
    expect(kept(a, b)).toBe(a.length);
    expect(kept(b, a)).toBe(a.length);
  });

  it('finds each of many small differences in a long list', () => {
    const a = filled(200_000, (i) => i % 1000);
    const b = Uint32Array.from(a.filter((_, i) => i % 997 !== 5));
    expect(kept(a, b)).toBe(b.length);
  });
});
