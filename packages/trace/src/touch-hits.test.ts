import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HIT_BYTES, MASK_WORDS, readHits, ROW_MARK, writeHit, writeMaskHit } from './touch-hits.ts';

const GROUP = 8192;

/** Entries of a page: some runs, single ones among them, up to whole pages and scattered ones. */
const entries = fc
  .array(
    fc.tuple(
      fc.nat(511),
      fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 120, max: 512 })),
    ),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((runs) => {
    const all = runs.flatMap(([start, length]) => Array.from({ length }, (_, i) => start + i));
    return new Set(all.filter((entry) => entry < 512));
  });
const distances = fc.oneof(
  fc.integer({ min: 1, max: 63 }).map((batches) => batches * 4096),
  fc.integer({ min: 1, max: 262_144 }),
);

function maskOf(stored: ReadonlySet<number>): Uint32Array {
  const mask = new Uint32Array(MASK_WORDS);
  for (const entry of stored) mask[entry >> 5]! |= 1 << (entry & 31);
  return mask;
}

const rowForms = {
  'with runs': { mark: ROW_MARK, write: writeHit },
  'of masks alone': { mark: [], write: writeMaskHit },
};

describe.each(Object.entries(rowForms))('a row of the touch index %s', (_name, { mark, write }) => {
  it('names just the batches and the entries that were put in', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(distances, entries), { minLength: 1, maxLength: 8 }), (hits) => {
        const bytes = new Uint8Array(mark.length + hits.length * HIT_BYTES);
        bytes.set(mark);
        let end = mark.length;
        let seq = GROUP;
        const wanted = new Map<number, ReadonlySet<number>>();
        for (const [distance, stored] of hits) {
          const from = end;
          end = write(bytes, end, distance, maskOf(stored), 0);
          expect(end - from).toBeLessThanOrEqual(HIT_BYTES);
          wanted.set((seq += distance), stored);
        }
        const row = bytes.subarray(0, end);
        expect(readHits(row, GROUP)).toEqual([...wanted.keys()]);
        for (let entry = 0; entry < 512; entry++) {
          const found = readHits(row, GROUP, entry);
          const expected = [...wanted].filter(([, stored]) => stored.has(entry)).map(([at]) => at);
          if (found.join() !== expected.join()) expect([entry, found]).toEqual([entry, expected]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('a hit of the touch index', () => {
  const sizeOf = (stored: readonly number[]): number =>
    writeHit(new Uint8Array(99), 0, 4096, maskOf(new Set(stored)), 0);
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

  it('takes three bytes for an entry or a run of a hundred, and five for a whole page', () => {
    expect([sizeOf([300]), sizeOf(range(17, 117)), sizeOf(range(0, 512))]).toEqual([3, 3, 5]);
  });

  it('becomes a mask where its entries lie scattered', () => {
    expect(sizeOf(range(0, 256).map((i) => 2 * i))).toBe(1 + 1 + 8 * (2 + 8));
  });

  it('is refused when it breaks off, or names entries that no page has', () => {
    const row = Uint8Array.from([...ROW_MARK, (2 << 2) | 1, 0xff, 0x01]);
    expect(readHits(row, 0)).toEqual([4096]);
    for (let length = 3; length < row.length; length++)
      expect(() => readHits(row.subarray(0, length), 0)).toThrow(/end or break off/);
    for (const word of [
      [0xff, 0x05],
      [0x01, 0xfe, 0xff, 0x01],
      [0x00, 0xfe, 0xff, 0xff],
    ])
      expect(() => readHits(Uint8Array.from([...ROW_MARK, (2 << 2) | 1, ...word]), 0)).toThrow(/cannot be read/);
  });

  it('is read, or refused, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (bytes, isMarked) => {
        const row = isMarked ? Uint8Array.from([...ROW_MARK, ...bytes]) : bytes;
        try {
          expect(readHits(row, 0).length).toBeLessThanOrEqual(row.length);
        } catch (error) {
          expect(error).toMatchObject({ code: 'event/corrupt' });
        }
      }),
    );
  });
});
