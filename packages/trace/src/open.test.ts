import { chmodSync, copyFileSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { createTrace, openTrace, verifyTrace } from './index.ts';
import { ChildRecorder, readAsNobody } from './testing/children.ts';
import { makeSocket, outcomeOf } from './testing/outcome.ts';
import { filesIn, makeFolder, removeFolders, sampleHeader } from './testing/sample.ts';
import { writeSample } from './testing/write-sample.ts';

afterAll(removeFolders);

const root = process.getuid?.() === 0;
const code = (expected: string): unknown =>
  expect.objectContaining({ code: expected, hint: expect.stringMatching(/./) });
/** Private copies are made in the folder for temporary files; one of our own, since others may be opening traces too. */
const ownTmp = makeFolder();
chmodSync(ownTmp, 0o1777);
process.env['TMPDIR'] = ownTmp;
const copyFolders = (): string[] => filesIn(tmpdir()).filter((name) => name.startsWith('kwind-reading-'));

/** A folder and file that everybody may read and nobody but the owner may write. */
function readOnly(folder: string): void {
  for (const name of filesIn(folder)) chmodSync(join(folder, name), 0o444);
  chmodSync(folder, 0o555);
}

describe('opening what is no trace', async () => {
  const folder = makeFolder();
  afterAll(await makeSocket(join(folder, 'socket')));
  const file = (name: string, content: string | Buffer): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  it.each([
    ['a file that does not exist', () => join(folder, 'none.kwind'), 'trace/not-found'],
    ['a file in a folder that does not exist', () => join(folder, 'none', 'x.kwind'), 'trace/not-found'],
    ['a file below a file', () => join(file('plain', 'x'), 'x.kwind'), 'trace/not-found'],
    ['a directory', () => folder, 'trace/not-a-trace'],
    ['a socket', () => join(folder, 'socket'), 'trace/not-a-trace'],
    ['an empty file', () => file('empty.kwind', ''), 'trace/not-a-trace'],
    ['a text', () => file('text.kwind', 'hello\n'), 'trace/not-a-trace'],
    ['a long text', () => file('long.kwind', 'hello\n'.repeat(10_000)), 'trace/not-a-trace'],
    [
      'a link to nothing',
      () => (symlinkSync('nowhere', join(folder, 'link')), join(folder, 'link')),
      'trace/not-found',
    ],
  ])('refuses %s', (_name, make, expected) => {
    const path = make();
    expect(() => openTrace(path)).toThrow(code(expected));
    expect(() => verifyTrace(path)).toThrow(code(expected));
  });

  it('refuses another SQLite database', () => {
    const path = join(folder, 'other.db');
    const db = new Database(path);
    db.exec('CREATE TABLE batch (first_seq INTEGER PRIMARY KEY)');
    db.close();
    expect(() => openTrace(path)).toThrow(code('trace/not-a-trace'));
  });
});

/** A finished trace changed with SQL. */
function changed(sql: string): string {
  const path = join(makeFolder(), 'boot.kwind');
  writeSample(path, { events: 9000 });
  const db = new Database(path);
  db.exec(sql);
  db.close();
  return path;
}

describe('opening a trace that this kwind cannot trust', () => {
  it('refuses one of a later format, and says what to do', () => {
    expect(() => openTrace(changed('PRAGMA user_version = 3'))).toThrow(code('trace/newer-schema'));
  });

  it('refuses one without a format number', () => {
    expect(() => openTrace(changed('PRAGMA user_version = 0'))).toThrow(code('trace/damaged'));
  });

  it('refuses one with events of a later catalogue', () => {
    const path = join(makeFolder(), 'boot.kwind');
    createTrace(path, { ...sampleHeader, eventSchema: 99 }).finish();
    expect(() => openTrace(path)).toThrow(code('trace/newer-schema'));
    expect(() => verifyTrace(path)).toThrow(code('trace/newer-schema'));
  });

  it('refuses a view in the place of a table, which could compute for ever', () => {
    const path = changed(`DROP TABLE batch;
      CREATE VIEW batch AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n)
        SELECT i AS first_seq, 1 AS length, x'' AS codes, x'' AS chain, x'' AS body FROM n`);
    expect(() => openTrace(path)).toThrow(code('trace/damaged'));
    expect(verifyTrace(path)).toMatchObject({ ok: false });
  });

  it('refuses a header that does not fit its checksum', () => {
    expect(() =>
      openTrace(changed(`UPDATE meta SET value = replace(value, 'sample', 'simple') WHERE key = 'header'`)),
    ).toThrow(code('trace/damaged'));
  });

  it('answers a file that was cut off anywhere with a ToolError or its first batches', () => {
    const whole = join(makeFolder(), 'boot.kwind');
    writeSample(whole, { events: 9000 });
    const { size } = statSync(whole);
    const path = join(makeFolder(), 'cut.kwind');
    for (let length = 1; length < size; length += 509) {
      copyFileSync(whole, path);
      truncateSync(path, length);
      const found = outcomeOf(() => verifyTrace(path).ok);
      expect([false, 'trace/damaged', 'trace/not-a-trace'], `${length} bytes`).toContain(found);
    }
  });
});

describe('reading leaves everything as it was', () => {
  it('when the trace is finished', () => {
    const folder = makeFolder();
    const path = join(folder, 'boot.kwind');
    writeSample(path, { events: 9000 });
    const before = readFileSync(path);
    const reader = openTrace(path);
    reader.batchContaining(5000);
    expect(filesIn(folder)).toEqual(['boot.kwind']);
    reader.close();
    expect(verifyTrace(path).ok).toBe(true);
    expect(filesIn(folder)).toEqual(['boot.kwind']);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('when its recorder was killed', async () => {
    const folder = makeFolder();
    const path = join(folder, 'boot.kwind');
    const recorder = new ChildRecorder(path, 100, 1e9);
    await recorder.waitFor(5000);
    await recorder.kill();
    const files = filesIn(folder);
    const before = [path, `${path}-wal`].map((name) => readFileSync(name));
    const reader = openTrace(path);
    expect(reader.finished).toBe(false);
    expect(reader.length).toBeGreaterThanOrEqual(recorder.committed);
    reader.close();
    expect(verifyTrace(path).ok).toBe(true);
    expect(filesIn(folder)).toEqual(files);
    expect([path, `${path}-wal`].map((name) => readFileSync(name))).toEqual(before);
  });

  it.each([
    ['-wal and -shm', ['']],
    ['the -shm', ['', '-wal']],
  ])('when somebody took %s of a killed recorder away', async (_name, parts) => {
    const path = join(makeFolder(), 'boot.kwind');
    const recorder = new ChildRecorder(path, 4096, 1e9);
    await recorder.waitFor(4096 * 400);
    await recorder.kill();
    const folder = makeFolder();
    for (const part of parts) copyFileSync(path + part, join(folder, `boot.kwind${part}`));
    const reader = openTrace(join(folder, 'boot.kwind'));
    expect(reader.length).toBeGreaterThan(0);
    reader.close();
    expect(verifyTrace(join(folder, 'boot.kwind')).ok).toBe(true);
    expect(filesIn(folder)).toEqual(parts.map((part) => `boot.kwind${part}`));
    expect(copyFolders()).toEqual([]);
  });
});

describe('a reader who may write neither file nor folder', () => {
  it('reads a finished trace', () => {
    const folder = makeFolder();
    const path = join(folder, 'boot.kwind');
    writeSample(path, { events: 9000 });
    readOnly(folder);
    expect(readAsNobody(path, root)).toEqual({ length: 9000, finished: true, ok: true });
    chmodSync(folder, 0o755);
  });

  it.each([
    ['with all its files', ['', '-wal', '-shm']],
    ['without the -shm', ['', '-wal']],
    ['without -wal and -shm', ['']],
  ])('reads the trace of a killed recorder, %s', async (_name, parts) => {
    const path = join(makeFolder(), 'boot.kwind');
    const recorder = new ChildRecorder(path, 4096, 1e9);
    await recorder.waitFor(4096 * 400);
    await recorder.kill();
    const folder = makeFolder();
    for (const part of parts) copyFileSync(path + part, join(folder, `boot.kwind${part}`));
    readOnly(folder);
    const found = readAsNobody(join(folder, 'boot.kwind'), root);
    chmodSync(folder, 0o755);
    expect(found).toMatchObject({ finished: false, ok: true });
    // Without the -wal the last batches are gone with it.
    expect(found.length).toBeGreaterThanOrEqual(parts.includes('-wal') ? recorder.committed : 4096);
    expect(filesIn(folder)).toEqual(parts.map((part) => `boot.kwind${part}`).sort());
    expect(copyFolders()).toEqual([]);
  });

  it('reads a trace that is being recorded', async () => {
    const folder = makeFolder();
    chmodSync(folder, 0o755);
    const path = join(folder, 'boot.kwind');
    const recorder = new ChildRecorder(path, 4096, 1e9);
    await recorder.waitFor(4096 * 16);
    const found = readAsNobody(path, root);
    await recorder.kill();
    expect(found).toMatchObject({ finished: false, ok: true });
    expect(found.length).toBeGreaterThanOrEqual(4096 * 16);
  });

  it('is told when it may not even read', () => {
    const folder = makeFolder();
    const path = join(folder, 'boot.kwind');
    writeSample(path, { events: 10 });
    chmodSync(path, 0o000);
    chmodSync(folder, 0o755);
    expect(readAsNobody(path, root)).toEqual({ code: 'trace/io' });
  });
});
