import { describe, expect, it } from 'vitest';
import { profile } from '@kwind/x86';
import { initialState, type MachineState } from '@kwind/state';
import { StateCache } from './state-cache.ts';

const start = initialState(profile('linux-6.1'));
const at = (position: number): MachineState => ({ ...start, position }) as MachineState;

describe('the cache of states', () => {
  it('keeps those used last and forgets the others', () => {
    const cache = new StateCache({ states: 2, bytes: 1e6 });
    cache.put(at(1));
    cache.put(at(2));
    cache.get(1);
    cache.put(at(3));
    expect([1, 2, 3].map((position) => cache.get(position)?.position)).toEqual([1, undefined, 3]);
  });

  it('finds the nearest state before a position', () => {
    const cache = new StateCache({ states: 8, bytes: 1e6 });
    for (const position of [30, 10, 20]) cache.put(at(position));
    expect(cache.atOrBefore(25)?.position).toBe(20);
    expect(cache.atOrBefore(9)).toBeUndefined();
  });

  it('stays within its bytes, but always keeps the state put in last', () => {
    const big = { ...at(5), pages: { size: 1000 } } as unknown as MachineState;
    const cache = new StateCache({ states: 8, bytes: 10_000 });
    cache.put(at(1));
    cache.put(big);
    expect(cache.size).toBe(1);
    expect(cache.get(5)).toBe(big);
    cache.put(at(6));
    expect(cache.get(5)).toBeUndefined();
    expect(cache.bytes).toBeLessThanOrEqual(10_000);
  });
});
