import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { isEntryCode, type BatchSummary, type EventBatch, type EventView } from '@kwind/events';
import { createTrace, openTrace, type SqliteTraceReader, type SqliteTraceWriter } from './index.ts';
import { eventBytes, filesIn, makeFolder, removeFolders, sampleBatches, sampleHeader } from './testing/sample.ts';

afterAll(removeFolders);

type Direction = 'forward' | 'backward';
const firstSeqs = (found: Iterable<BatchSummary>): number[] => [...found].map((batch) => batch.firstSeq);

/** What a search must find, by looking at every event. */
function expectSearch(
  batches: readonly EventBatch[],
  from: number,
  direction: Direction,
  wanted: (event: EventView) => boolean,
): number[] {
  const inRange = batches.filter((batch) =>
    direction === 'forward' ? batch.firstSeq + batch.length > from : batch.firstSeq <= from,
  );
  const found = inRange.filter((batch) => [...batch].some(wanted)).map((batch) => batch.firstSeq);
  return direction === 'forward' ? found : found.reverse();
}

const touchesTable = (event: EventView, table: number): boolean => 'table' in event && event.table === table;
const touchesEntry = (event: EventView, table: number, index: number): boolean =>
  touchesTable(event, table) && (!('index' in event) || event.index === index);
const touchesSlot = (event: EventView, slot: number): boolean => 'slot' in event && event.slot === slot;

/** Recorded, by what `end` does to the writer. */
function record(batches: readonly EventBatch[], end: (writer: SqliteTraceWriter) => void): SqliteTraceReader {
  const path = join(makeFolder(), 'boot.kwind');
  const writer = createTrace(path, sampleHeader);
  for (const batch of batches) writer.append(batch);
  end(writer);
  return openTrace(path);
}

describe('searching', () => {
  const batches = [...sampleBatches({ events: 30_000, batch: 200, ragged: true, tables: 60 })];
  const finished = record(batches, (writer) => writer.finish());
  // Some 300 batches make four groups of the index and a tail of batches that are in none.
  const recording = record(batches, (writer) => writer.flush());
  const direction = fc.constantFrom<Direction>('forward', 'backward');
  const from = fc.oneof(fc.integer({ min: -5, max: 31_000 }), fc.constantFrom(Infinity, 0, 29_999));

  it('by type finds just the batches that hold one of the types', () => {
    const codes = fc.uniqueArray(fc.constantFrom(0x01, 0x10, 0x11, 0x12, 0x21, 0x30, 0x60, 0xff), { maxLength: 3 });
    fc.assert(
      fc.property(codes, from, direction, (wanted, at, way) => {
        const expected = batches
          .filter((batch) => [...batch].some((_, i) => (wanted as number[]).includes(batch.codeAt(i))))
          .map((batch) => batch.firstSeq);
        const found = firstSeqs(finished.batchesWith(wanted, at, way));
        expect(found).toEqual(
          way === 'forward'
            ? expected.filter((seq) => batches.find((b) => b.firstSeq === seq)!.length + seq > at)
            : expected.filter((seq) => seq <= at).reverse(),
        );
      }),
    );
  });

  it('by table, entry or slot finds just the batches that touch it', () => {
    const table = fc.option(fc.integer({ min: 0xfff, max: 0x1000 + 61 }), { nil: undefined });
    const slot = fc.option(fc.nat(9), { nil: undefined });
    const index = fc.option(fc.nat(511), { nil: undefined });
    fc.assert(
      fc.property(table, index, slot, from, direction, (t, i, s, at, way) => {
        const touch = {
          ...(t !== undefined && { table: t }),
          ...(i !== undefined && { index: i }),
          ...(s !== undefined && { slot: s }),
        };
        const wanted = (event: EventView): boolean =>
          (t !== undefined && (i === undefined ? touchesTable(event, t) : touchesEntry(event, t, i))) ||
          (s !== undefined && touchesSlot(event, s));
        expect(firstSeqs(finished.batchesTouching(touch, at, way))).toEqual(expectSearch(batches, at, way, wanted));
      }),
      { numRuns: 300 },
    );
  });

  it('leaves out no batch of a recording whose last batches are not in the index yet', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0x1000, max: 0x1000 + 60 }), fc.nat(7), from, direction, (table, slot, at, way) => {
        const found = firstSeqs(recording.batchesTouching({ table, slot }, at, way));
        const expected = expectSearch(
          batches,
          at,
          way,
          (event) => touchesTable(event, table) || touchesSlot(event, slot),
        );
        expect(found).toEqual(expect.arrayContaining(expected));
        expect(found).toEqual([...new Set(found)].sort((a, b) => (way === 'forward' ? a - b : b - a)));
      }),
    );
  });

  it('tells length and types of what it finds', () => {
    for (const summary of finished.batchesWith([0x60], 0, 'forward')) {
      const batch = batches.find((b) => b.firstSeq === summary.firstSeq)!;
      expect(summary.length).toBe(batch.length);
      expect(summary.codes).toEqual(new Set(Array.from({ length: batch.length }, (_, i) => batch.codeAt(i))));
    }
  });

  it('takes stores to entries of every level, and no code for an entry that is none', () => {
    expect([...finished.batchesWith([0x10], 0, 'forward')].length).toBeGreaterThan(100);
    expect(isEntryCode(0x01)).toBe(false);
  });
});

describe('reading', () => {
  const batches = [...sampleBatches({ events: 20_000, batch: 100 })];
  const reader = record(batches, (writer) => writer.finish());

  it('finds the batch of any seq, in any order', () => {
    fc.assert(
      fc.property(fc.nat(19_999), (seq) => {
        const batch = reader.batchContaining(seq);
        expect(batch.firstSeq).toBe(seq - (seq % 100));
        expect(eventBytes([batch])).toEqual(eventBytes([batches[Math.floor(seq / 100)]!]));
      }),
    );
  });

  it('unpacks a batch that it still has only once', () => {
    expect(reader.batchContaining(150)).toBe(reader.batchContaining(199));
  });

  it('forgets the batch that was looked at longest ago', () => {
    const first = reader.batchContaining(0);
    for (let seq = 100; seq < 64 * 100; seq += 100) reader.batchContaining(seq);
    expect(reader.batchContaining(5)).toBe(first);
    for (let seq = 100; seq < 66 * 100; seq += 100) reader.batchContaining(seq);
    expect(reader.batchContaining(5)).not.toBe(first);
  });

  it.each([-1, 20_000, Number.NaN, Infinity])('has no event %d', (seq) => {
    expect(() => reader.batchContaining(seq)).toThrow(expect.objectContaining({ code: 'position/invalid' }));
  });
});

describe('reading while recording', () => {
  it('sees what is committed, and more after a refresh', () => {
    const path = join(makeFolder(), 'boot.kwind');
    const batches = [...sampleBatches({ events: 30_000, batch: 100 })];
    const writer = createTrace(path, sampleHeader, { now: () => 0 });
    const reader = openTrace(path);
    expect(reader).toMatchObject({ length: 0, finished: false });
    let seen = 0;
    for (const batch of batches) {
      writer.append(batch);
      reader.refresh();
      expect(reader.length).toBe(writer.committed);
      for (; seen < reader.length; seen += 100)
        expect(eventBytes([reader.batchContaining(seen)])).toEqual(eventBytes([batches[seen / 100]!]));
      expect(firstSeqs(reader.batchesWith([0x10, 0x11, 0x21, 0x30, 0x60, 0x01], 0, 'forward')).length).toBe(
        reader.length / 100,
      );
    }
    reader.close();
    writer.finish();
    expect(filesIn(join(path, '..'))).toEqual(['boot.kwind']);
  });

  it('sees the end of the recording, and reads on over it', () => {
    const path = join(makeFolder(), 'boot.kwind');
    const [first, second] = sampleBatches({ events: 200, batch: 100 });
    const writer = createTrace(path, sampleHeader);
    writer.append(first!);
    writer.flush();
    const reader = openTrace(path);
    writer.append(second!);
    writer.finish();
    expect(reader.length).toBe(100);
    reader.refresh();
    expect(reader).toMatchObject({ length: 200, finished: true });
    expect(eventBytes([reader.batchContaining(150)])).toEqual(eventBytes([second!]));
    reader.close();
    const again = openTrace(path);
    expect(again).toMatchObject({ length: 200, finished: true });
    again.close();
  });
});
