import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bisect, judged, nextProbe, outcomeOf, type Verdict } from './bisect.ts';

describe('bisect', () => {
  it('finds what a linear scan finds, in few enough tests', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 100_000 }), fc.nat(), async (length, seed) => {
        const first = 1 + (seed % length);
        const { result, probes } = await bisect(0, length, (position) => (position >= first ? 'bad' : 'good'));
        expect(result).toEqual({ kind: 'found', position: first });
        expect(probes).toBeLessThanOrEqual(Math.ceil(Math.log2(length)) + 2);
      }),
    );
  });

  it('goes around skipped positions, and names the span when only they are left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 300 }),
        fc.nat(),
        fc.array(fc.nat({ max: 300 })),
        async (length, seed, skips) => {
          const first = 1 + (seed % length);
          const skipped = new Set(skips.filter((one) => one > 0 && one < length));
          const test = (at: number): Verdict => (skipped.has(at) ? 'skip' : at >= first ? 'bad' : 'good');
          const { result } = await bisect(0, length, test);
          const isClear = !skipped.has(first) && !skipped.has(first - 1);
          if (isClear) expect(result).toEqual({ kind: 'found', position: first });
          if (result.kind === 'found') expect(result.position).toBe(first);
          if (result.kind === 'skipped') expect(result.span.from <= first && first < result.span.to).toBe(true);
        },
      ),
    );
  });

  it('says so when an end is not what it should be', async () => {
    expect((await bisect(0, 9, () => 'good')).result).toEqual({ kind: 'no-turn', position: 9, verdict: 'good' });
    expect((await bisect(0, 9, () => 'bad')).result).toEqual({ kind: 'no-turn', position: 0, verdict: 'bad' });
  });

  it('refuses a verdict that contradicts an earlier one', () => {
    const state = judged({ good: 0, bad: 10, skipped: [] }, { from: 5, to: 6 }, 'bad');
    expect(() => judged(state, { from: 7, to: 8 }, 'good')).toThrow('position 7 is good, but 5 is bad already');
    expect(nextProbe({ ...state, skipped: [{ from: 1, to: 5 }] })).toBeUndefined();
    expect(outcomeOf({ ...state, good: 4 })).toEqual({ kind: 'found', position: 5 });
  });
});
