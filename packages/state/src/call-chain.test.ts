import { describe, expect, it } from 'vitest';
import { profile } from '@kwind/x86';
import { BatchBuilder, encodeBatch, type BatchRows, type BootEvent, type EventBatch } from '@kwind/events';
import { decodeSplit, RowDecoder, splitBatch } from '@kwind/events/raw';
import { callChain, initialState, reduce, reduceRows, type MachineState } from './index.ts';

const start = initialState(profile('linux-6.1'));

/** Calls up to four deep, in batches that end at all depths. */
function nestedCalls(): EventBatch[] {
  const builder = new BatchBuilder();
  const batches: EventBatch[] = [];
  let depth = 0;
  for (let i = 0; i < 300; i++) {
    const enters = depth === 0 || (depth < 4 && (i * 7) % 5 < 3);
    const event: BootEvent = enters
      ? {
          type: 'call.entered',
          fn: `f${depth}`,
          caller: `c${i % 3}`,
          stack: '',
          origin: `log:${i}`,
          text: '',
          args: [BigInt(i)],
        }
      : { type: 'call.returned', fn: `f${depth - 1}`, result: 0n };
    depth += enters ? 1 : -1;
    builder.append(event);
    if (i % 7 === 6) batches.push(builder.freeze());
  }
  return batches;
}

/** As a store gives them: each batch in the rows of the one before. */
function* rowsOf(batches: readonly EventBatch[]): Generator<BatchRows> {
  const decoder = new RowDecoder();
  for (const batch of batches)
    yield { firstSeq: batch.firstSeq, length: batch.length, raw: decoder.decode(encodeBatch(batch)) };
}

/** As a store gives them to who can do without the words of calls. */
function* rowsWithoutCalls(batches: readonly EventBatch[], asked: number[] = []): Generator<BatchRows> {
  const decoder = new RowDecoder();
  for (const { firstSeq, length, ...batch } of batches.map((one) => pieces(one))) {
    const whole = (): EventBatch => (asked.push(firstSeq), decodeSplit(batch.front, batch.back, firstSeq));
    const back = (): Uint8Array => batch.back;
    yield {
      firstSeq,
      length,
      raw: decoder.decodeSplit({ front: batch.front, back, whole }, { stores: false, calls: true }),
    };
  }
}

function pieces(batch: EventBatch): { firstSeq: number; length: number; front: Uint8Array; back: Uint8Array } {
  const { front, back } = splitBatch(batch);
  return { firstSeq: batch.firstSeq, length: batch.length, front: front.slice(), back: back.slice() };
}

const shown = (state: MachineState): string[] =>
  callChain(state).map(({ seq, fn, caller, origin, args }) => `${seq} ${fn} ${caller} ${origin} ${args.join()}`);

describe('open calls', () => {
  it('are the same whether each event makes a state, or rows that are used again make one, with the words of calls or without', () => {
    const batches = nestedCalls();
    let single = start;
    const depths = new Set<number>();
    for (const batch of batches) {
      for (let i = 0; i < batch.length; i++) single = reduce(single, batch, i, i + 1);
      const all = reduceRows(start, rowsOf(batches), single.position);
      expect(shown(all)).toEqual(shown(single));
      expect(all.counters).toEqual(single.counters);
      const read: number[] = [];
      const sparing = reduceRows(start, rowsWithoutCalls(batches, read), single.position);
      expect(shown(sparing)).toEqual(shown(single));
      expect(sparing.counters).toEqual(single.counters);
      // Only where calls were entered that are open in the end.
      expect(read.length).toBeLessThanOrEqual(shown(single).length);
      depths.add(shown(single).length);
    }
    expect(depths.size).toBeGreaterThan(2);
  });
});
