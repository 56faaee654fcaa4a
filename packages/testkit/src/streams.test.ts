import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profile, profileNames } from '@kwind/x86';
import { checkInvariants, initialState, reduce, stateHash, type MachineState } from '@kwind/state';
import { headerFor, memoryTrace } from './memory-trace.ts';
import { arbitraryCalls, recordCalls } from './streams.ts';

describe.each(profileNames)('random calls on %s', (name) => {
  const target = profile(name);

  it('leave the machine consistent, and replay to the same state from a trace in memory', () => {
    fc.assert(
      fc.property(arbitraryCalls(target), (calls) => {
        const { batches, state } = recordCalls(target, calls);
        expect(checkInvariants(state)).toEqual([]);
        const trace = memoryTrace(batches, headerFor(target));
        let replayed: MachineState = initialState(target);
        while (replayed.position < trace.length) replayed = reduce(replayed, trace.batchContaining(replayed.position));
        expect(stateHash(replayed)).toEqual(stateHash(state));
      }),
      { numRuns: 40 },
    );
  });
});

describe('random calls', () => {
  it('reach the interesting ends: mappings, refusals, faults, evictions', () => {
    const seen = new Set<string>();
    const target = profile('linux-6.1');
    for (const calls of fc.sample(arbitraryCalls(target), { numRuns: 200, seed: 1 })) {
      for (const batch of recordCalls(target, calls).batches) for (const event of batch) seen.add(event.type);
    }
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'slot.claimed',
        'slot.released',
        'warn.raised',
        'bug.raised',
        'fault.raised',
        'memory.loaded',
        'memory.stored',
        'tlb.filled',
        'tlb.evicted',
        'tlb.flushed',
        'cr4.written',
      ]),
    );
  });
});

describe('a trace in memory', () => {
  const target = profile('linux-6.1');
  const { batches, state } = recordCalls(target, [
    { do: 'map', fn: 'early_ioremap', phys: 0xf0000n, size: 0x10n, prot: 0n },
  ]);
  const trace = memoryTrace(batches, headerFor(target));

  it('finds batches by code and by what they touch, in both directions', () => {
    expect(trace.length).toBe(state.position);
    const starts = (found: Iterable<{ firstSeq: number }>): number[] => [...found].map((one) => one.firstSeq);
    expect(starts(trace.batchesWith([0x22], 0, 'forward'))).toEqual([0]);
    expect(starts(trace.batchesWith([0x39], 0, 'forward'))).toEqual([]);
    expect(starts(trace.batchesTouching({ slot: 0 }, trace.length, 'backward'))).toEqual([0]);
    expect(starts(trace.batchesTouching({ table: 1 }, 0, 'forward'))).toEqual([]);
  });

  it('keeps checkpoints of each reducer apart', () => {
    const own = memoryTrace(batches, headerFor(target));
    own.putCheckpoint({ position: 10, reducer: 1, bytes: new Uint8Array([1]) });
    own.putCheckpoint({ position: 20, reducer: 2, bytes: new Uint8Array([2]) });
    expect(own.checkpointAtOrBefore(30, 1)?.position).toBe(10);
    expect(own.checkpointAtOrBefore(9, 1)).toBeUndefined();
    expect(own.sinceCheckpoint).toEqual({ logBytes: 0, lastBytes: 1 });
  });

  it('refuses a batch that does not follow', () => {
    expect(() => memoryTrace([batches[0]!, batches[0]!], headerFor(target))).toThrow('does not follow');
  });
});
