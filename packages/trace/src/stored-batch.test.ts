import { describe, expect, it } from 'vitest';
import { BatchBuilder, encodeBatch, type EventBatch } from '@kwind/events';
import { RowDecoder, splitBatch } from '@kwind/events/raw';
import { BatchPacker, batchIn, rowsIn, storesIn } from './stored-batch.ts';

function someBatch(): EventBatch {
  const builder = new BatchBuilder(77);
  for (let i = 0; i < 40; i++) {
    builder.append({
      type: 'call.entered',
      fn: 'set_pte',
      caller: 'boot+0x1',
      stack: '',
      origin: `log:${i}`,
      text: '',
      args: [BigInt(i) << 12n],
    });
    builder.appendEntry(0x10, 7, i, 0, 0, 0x163 + i * 0x1000, 0);
    builder.append({ type: 'call.returned', fn: 'set_pte', result: 0n });
  }
  return builder.freeze();
}

const batch = someBatch();
const { body } = new BatchPacker().pack(splitBatch(batch))!;
/** Where the CRC of the front ends. */
const frontEnd = 5 + body.readUInt32LE(1) + 4;
const flipped = (at: number): Buffer => {
  const copy = Buffer.from(body);
  copy[at]! ^= 0x10;
  return copy;
};
const never = (): EventBatch => {
  throw new Error('the whole batch was asked for');
};
const fold = (bytes: Buffer): number =>
  rowsIn(bytes, new RowDecoder(), { stores: false, calls: true }, never).codes.length;

describe('a stored batch', () => {
  it('is read back as it was', () => {
    expect(encodeBatch(batchIn(body, 77))).toEqual(encodeBatch(batch));
  });

  it('with any flipped byte in front is refused, whatever is read of it', () => {
    for (let at = 0; at < frontEnd; at++) {
      expect(() => batchIn(flipped(at), 77), `byte ${at}`).toThrow(/./);
      expect(() => fold(flipped(at)), `byte ${at}`).toThrow(/./);
      expect(() => storesIn(flipped(at), 77, 7), `byte ${at}`).toThrow(/./);
    }
  });

  it('with any flipped byte after it is refused, or is the same batch: a frame may say that it needs more memory', () => {
    const read = (at: number): string => {
      try {
        return Buffer.from(encodeBatch(batchIn(flipped(at), 77))).toString('hex');
      } catch {
        return 'refused';
      }
    };
    const outcomes = Map.groupBy(
      Array.from({ length: body.length - frontEnd }, (_, i) => frontEnd + i),
      read,
    );
    const same = Buffer.from(encodeBatch(batch)).toString('hex');
    expect([...outcomes.keys()].toSorted()).toEqual([same, 'refused'].toSorted());
    expect(outcomes.get(same)!.length).toBeLessThan(4);
  });

  it('cut short anywhere is refused', () => {
    for (let end = 0; end < body.length; end++) expect(() => batchIn(body.subarray(0, end), 77)).toThrow(/./);
  });

  it('is folded, and asked for the stores to a table, without unpacking its calls', () => {
    const bytes = Buffer.from(body);
    bytes.fill(0, frontEnd);
    expect(fold(bytes)).toBe(batch.length);
    expect(storesIn(bytes, 77, 7)!.words).toHaveLength(40 * 6);
    expect(() => batchIn(bytes, 77)).toThrow(/./);
  });

  it('has its front packed where that pays, and is read alike', () => {
    const builder = new BatchBuilder();
    const steps = (random: boolean): EventBatch => {
      for (let i = 0, hash = 1; i < 4000; i++) {
        hash = Math.imul(hash, 0x9e37_79b1) ^ i;
        const low = random ? hash >>> 0 : (i * i) % 64;
        builder.append({ type: 'tlb.page-flushed', vaddr: BigInt(low) as never, how: 'invlpg' });
      }
      return builder.freeze();
    };
    const packer = new BatchPacker();
    for (const random of [false, true, false]) {
      const wanted = steps(random);
      const split = splitBatch(wanted);
      const front = split.front.length;
      const packed = packer.pack(split)!.body;
      expect(encodeBatch(batchIn(packed, wanted.firstSeq))).toEqual(encodeBatch(wanted));
      // After one that it did not pay for, some are not tried.
      if (wanted.firstSeq === 0) expect(2 * packed.length).toBeLessThan(front);
      else expect(packed.length).toBeGreaterThan(front);
      expect(fold(packed)).toBe(4000);
    }
  });
});
