import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { createTrace, openTrace, verifyTrace, type VerifyReport } from './index.ts';
import { pack } from './packing.ts';
import { makeFolder, removeFolders, sampleBatches, sampleHeader } from './testing/sample.ts';
import { writeSample } from './testing/write-sample.ts';

afterAll(removeFolders);

const shape = { events: 12_000, batch: 100, checkpointEach: 10 };
const whole = join(makeFolder(), 'boot.kwind');
writeSample(whole, shape);
const foreign = join(makeFolder(), 'foreign.kwind');
writeSample(foreign, { ...shape, seed: 99 });

/** What verify says of the sample after some SQL. */
function after(sql: string): VerifyReport {
  const path = join(makeFolder(), 'changed.kwind');
  copyFileSync(whole, path);
  const db = new Database(path);
  db.prepare('ATTACH ? AS other').run(foreign);
  db.exec(sql);
  db.close();
  return verifyTrace(path);
}

describe('verify', () => {
  it('finds nothing wrong with a trace as recorded, and tells how far it is', () => {
    const seen: string[] = [];
    const report = verifyTrace(whole, (done, total) => seen.push(`${done}/${total}`));
    expect(report).toEqual({ ok: true, events: 12_000, batches: 120, finished: true, problems: [] });
    expect([seen[0], seen.at(-1), seen.length]).toEqual(['100/12000', '12000/12000', 120]);
  });

  it('reads a trace that is being recorded as one moment of it', () => {
    const path = join(makeFolder(), 'boot.kwind');
    const writer = createTrace(path, sampleHeader);
    const batches = [...sampleBatches({ events: 20_000, batch: 100 })];
    for (const batch of batches.slice(0, 100)) writer.append(batch);
    writer.flush();
    let next = 100;
    const report = verifyTrace(path, () => {
      writer.append(batches[next++]!);
      writer.flush();
    });
    expect(report).toEqual({ ok: true, events: 10_000, batches: 100, finished: false, problems: [] });
    writer.abort();
  });

  it.each([
    ['a missing batch', 'DELETE FROM batch WHERE first_seq = 4200', 42, 4200],
    ['a missing first batch', 'DELETE FROM batch WHERE first_seq = 0', 0, 0],
    ['a missing last batch', 'DELETE FROM batch WHERE first_seq = 11900', 119, 11_900],
    ['all batches missing', 'DELETE FROM batch', 0, 0],
    [
      'two batches swapped',
      `UPDATE batch SET first_seq = -1 WHERE first_seq = 500; UPDATE batch SET first_seq = 500 WHERE first_seq = 600;
       UPDATE batch SET first_seq = 600 WHERE first_seq = -1`,
      5,
      500,
    ],
    [
      'a batch of another trace',
      'UPDATE batch SET (length, codes, chain, body) = (SELECT length, codes, chain, body FROM other.batch o WHERE o.first_seq = batch.first_seq) WHERE first_seq = 700',
      7,
      700,
    ],
    [
      'the body of another batch',
      'UPDATE batch SET body = (SELECT body FROM batch WHERE first_seq = 800) WHERE first_seq = 700',
      7,
      700,
    ],
    ['a body cut short', 'UPDATE batch SET body = substr(body, 1, length(body) - 9) WHERE first_seq = 700', 7, 700],
    ['an empty body', "UPDATE batch SET body = x'' WHERE first_seq = 700", 7, 700],
    ['a batch that says it is longer', 'UPDATE batch SET length = 101 WHERE first_seq = 700', 7, 700],
    ['a batch that says it is endless', 'UPDATE batch SET length = 9007199254740993 WHERE first_seq = 700', 7, 700],
    ['a batch that says it is empty', 'UPDATE batch SET length = 0 WHERE first_seq = 700', 7, 700],
    [
      'a changed checksum',
      'UPDATE batch SET chain = (SELECT chain FROM other.batch LIMIT 1) WHERE first_seq = 700',
      7,
      700,
    ],
    ['a changed list of types', "UPDATE batch SET codes = x'ff' WHERE first_seq = 700", 7, 700],
    [
      'a batch before the first',
      'INSERT INTO batch SELECT -100, length, codes, chain, body FROM batch WHERE first_seq = 0',
      0,
      0,
    ],
    [
      'a batch after the last',
      'INSERT INTO batch SELECT 12000, length, codes, chain, body FROM batch WHERE first_seq = 0',
      120,
      12_000,
    ],
    ['a lost group of the touch index', 'DELETE FROM touch WHERE grp = 0', 0, 0],
    ['a lost row of the touch index', 'DELETE FROM touch WHERE grp = 6400 AND tbl = 4100', 64, 6400],
    [
      'the last row of the touch index lost',
      'DELETE FROM touch WHERE grp = 0 AND tbl = (SELECT max(tbl) FROM touch)',
      0,
      0,
    ],
    ['a changed row of the touch index', "UPDATE touch SET hits = x'000101' WHERE grp = 6400 AND tbl = 4100", 64, 6400],
    ['a row of the touch index too many', "INSERT INTO touch VALUES (0, 77, x'000101')", 0, 0],
    ['a group of the touch index too many', "INSERT INTO touch VALUES (100, 77, x'000101')", 64, 6400],
    ['a group of the touch index after the end', "INSERT INTO touch VALUES (50000, 77, x'000101')", 120, 12_000],
    ['a group of the touch index before the start', "INSERT INTO touch VALUES (-5, 77, x'000101')", 0, 0],
    [
      'a checkpoint of another trace',
      'UPDATE checkpoint SET (sha, body) = (SELECT sha, body FROM other.checkpoint o WHERE o.position = checkpoint.position) WHERE position = 3000',
      30,
      3000,
    ],
    [
      'a checkpoint of another position',
      'UPDATE checkpoint SET body = (SELECT body FROM checkpoint WHERE position = 2000) WHERE position = 3000',
      30,
      3000,
    ],
    ['a checkpoint moved', 'UPDATE checkpoint SET position = 3100 WHERE position = 3000', 31, 3100],
    ['a checkpoint inside a batch', 'UPDATE checkpoint SET position = 3050 WHERE position = 3000', 31, 3100],
    ['a checkpoint of another reducer', 'UPDATE checkpoint SET reducer = 4 WHERE position = 3000', 30, 3000],
    ['a broken checkpoint', "UPDATE checkpoint SET body = x'28b52ffd00' WHERE position = 3000", 30, 3000],
    ['a lost checkpoint', 'DELETE FROM checkpoint WHERE position = 3000', 40, 4000],
    ['a changed part', "UPDATE part SET body = x'28b52ffd00' WHERE position = 3000", 30, 3000],
    ['a part moved', 'UPDATE part SET position = 2000, part = 7 WHERE position = 3000 AND part = 0', 20, 2000],
    ['a part lost', 'DELETE FROM part WHERE position = 3000', 30, 3000],
    [
      'a checkpoint after the end',
      'INSERT INTO checkpoint SELECT 12001, reducer, sha, body FROM checkpoint WHERE position = 3000',
      120,
      12_000,
    ],
  ])('names the batch of %s', (_name, sql, batch, seq) => {
    const { ok, problems } = after(sql);
    expect(ok).toBe(false);
    expect(problems[0]).toMatchObject({ batch, seq });
  });

  it.each([
    ['a changed header', "UPDATE meta SET value = replace(value, 'linux-6.1', 'linux-6.2') WHERE key = 'header'"],
    [
      'the header of another trace',
      "UPDATE meta SET value = replace(value, 'sample', 'other') WHERE key IN ('header', 'recorder')",
    ],
    ['a changed state', "UPDATE meta SET value = 'recording' WHERE key = 'state'"],
    ['a changed length', "UPDATE meta SET value = '11900' WHERE key = 'length'"],
    ['a changed chain', "UPDATE meta SET value = 'x' WHERE key = 'chain'"],
    ['another recorder', "UPDATE meta SET value = replace(value, 'pid', 'pip') WHERE key = 'recorder'"],
    ['a changed seal', "UPDATE meta SET value = 'x' WHERE key = 'seal'"],
    ['a lost row', "DELETE FROM meta WHERE key = 'indexed'"],
    ['a row too many', "INSERT INTO meta VALUES ('more', '')"],
    ['no rows', 'DELETE FROM meta'],
    ['a table that has another form', 'ALTER TABLE touch ADD COLUMN more INTEGER'],
    ['a table that is gone', 'DROP TABLE checkpoint'],
  ])('finds %s', (_name, sql) => {
    const { ok, problems } = after(sql);
    expect(ok).toBe(false);
    expect(problems[0]).toMatchObject({ batch: -1, seq: 0 });
  });

  it('goes on after a bad batch and names each', () => {
    const { problems } = after("UPDATE batch SET body = x'00' WHERE first_seq IN (100, 5000, 9900)");
    expect(problems.map((problem) => problem.seq)).toEqual([100, 5000, 9900]);
  });

  it('names no more than a hundred problems', () => {
    expect(after("UPDATE batch SET body = x'00'").problems.length).toBe(100);
  });

  it('is not made to unpack gigabytes', () => {
    const path = join(makeFolder(), 'bomb.kwind');
    copyFileSync(whole, path);
    const db = new Database(path);
    const bomb = pack(Buffer.alloc(300 << 20));
    db.prepare('UPDATE batch SET body = ? WHERE first_seq = 700').run(bomb);
    db.prepare('UPDATE checkpoint SET body = ? WHERE position = 3000').run(bomb);
    db.close();
    const { problems } = verifyTrace(path);
    expect(problems.map(({ seq }) => seq)).toEqual([700, 3000]);
    expect(() => openTrace(path).batchContaining(750)).toThrow(expect.objectContaining({ code: 'trace/damaged' }));
    expect(() => openTrace(path).checkpointAtOrBefore(3000, 3)).toThrow(
      expect.objectContaining({ code: 'trace/damaged' }),
    );
  });

  it('finds bytes added at the end of the file', () => {
    const path = join(makeFolder(), 'longer.kwind');
    writeFileSync(path, Buffer.concat([readFileSync(whole), Buffer.alloc(1024)]));
    expect(verifyTrace(path).problems[0]).toMatchObject({ batch: -1 });
  });
});
