import { describe, expect, it } from 'vitest';
import { align } from './align.ts';
import type { Effect } from './effect.ts';

const effects = (...values: readonly number[]): Effect[] =>
  values.map((value, n) => ({ kind: 'k', values: [BigInt(value)], n }));
const seen = (kernel: readonly number[], model: readonly number[]) =>
  align(effects(...kernel), effects(...model)).map((pair) =>
    [pair.kernel?.values[0], pair.model?.values[0]].map((value) => (value === undefined ? undefined : Number(value))),
  );

describe('align', () => {
  it('pairs what is equal', () =>
    expect(seen([1, 2], [1, 2])).toEqual([
      [1, 1],
      [2, 2],
    ]));
  it('takes one that differs between equal ones for a difference', () =>
    expect(seen([1, 9, 3], [1, 2, 3])).toEqual([
      [1, 1],
      [9, 2],
      [3, 3],
    ]));
  it('finds one that the kernel lacks, and one that the model lacks', () => {
    expect(seen([1, 3], [1, 2, 3])).toEqual([
      [1, 1],
      [undefined, 2],
      [3, 3],
    ]);
    expect(seen([1, 2, 3], [1, 3])).toEqual([
      [1, 1],
      [2, undefined],
      [3, 3],
    ]);
  });
  it('loses nothing when nothing agrees', () =>
    expect(seen([1, 2], [3, 4, 5])).toEqual([
      [1, 3],
      [2, 4],
      [undefined, 5],
    ]));
  it('keeps kinds apart', () =>
    expect(align([{ kind: 'a', values: [], n: 0 }], [{ kind: 'b', values: [], n: -1 }])).toHaveLength(2));
});
