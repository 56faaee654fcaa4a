import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createDatabase } from './create.ts';
import { openTrace, SqliteTraceWriter, verifyTrace } from './index.ts';
import { eventBytes, makeFolder, removeFolders, sampleBatches, sampleHeader } from './testing/sample.ts';

afterAll(removeFolders);

/** A writer whose file cannot grow beyond some pages: SQLite then says what it says on a full disk. */
function onSmallDisk(path: string, pages: number): SqliteTraceWriter {
  const db = createDatabase(path, false);
  db.pragma(`max_page_count = ${pages}`);
  return new SqliteTraceWriter(path, db, sampleHeader, { now: () => 0 });
}

describe('when the disk is full', () => {
  it.each([30, 100, 500])('with %d pages, says so, and what was committed stays readable', (pages) => {
    const path = join(makeFolder(), 'boot.kwind');
    const writer = onSmallDisk(path, pages);
    const batches = [...sampleBatches({ events: 200_000, batch: 300 })];
    expect(() => batches.forEach((batch) => writer.append(batch))).toThrow(
      expect.objectContaining({
        code: 'trace/io',
        message: expect.stringContaining('the disk is full (SQLITE_FULL).'),
      }),
    );
    expect(() => writer.flush()).toThrow(`The first ${writer.committed} events are safe in the file.`);
    const safe = writer.committed;
    expect(safe).toBeLessThan(200_000);
    writer.abort();
    expect(verifyTrace(path)).toMatchObject({ ok: true, events: safe, finished: false });
    const reader = openTrace(path);
    for (let seq = 0; seq < safe; seq += 300)
      expect(eventBytes([reader.batchContaining(seq)])).toEqual(eventBytes([batches[seq / 300]!]));
    reader.close();
  });

  it('gives the same answer to all that is written after it', () => {
    const writer = onSmallDisk(join(makeFolder(), 'boot.kwind'), 20);
    const batches = [...sampleBatches({ events: 100_000, batch: 1000 })];
    const appendAll = (): void => batches.forEach((batch) => writer.append(batch));
    expect(appendAll).toThrow('SQLITE_FULL');
    const again = expect.objectContaining({ code: 'trace/io', message: expect.stringContaining('SQLITE_FULL') });
    expect(() => writer.append(batches[0]!)).toThrow(again);
    expect(() => writer.flush()).toThrow(again);
    expect(() => writer.finish()).toThrow(again);
    writer.abort();
  });
});
