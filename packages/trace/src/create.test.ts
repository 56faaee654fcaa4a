import { hostname } from 'node:os';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { ToolError } from '@kwind/x86';
import { createTrace, openTrace, verifyTrace } from './index.ts';
import { ChildRecorder } from './testing/children.ts';
import { makeSocket, outcomeOf } from './testing/outcome.ts';
import { filesIn, makeFolder, removeFolders, sampleBatches, sampleHeader } from './testing/sample.ts';
import { writeSample } from './testing/write-sample.ts';

afterAll(removeFolders);

const code = (expected: string): unknown =>
  expect.objectContaining({ code: expected, hint: expect.stringMatching(/./) });

function errorOf(action: () => unknown): ToolError {
  try {
    action();
  } catch (error) {
    if (error instanceof ToolError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('creating a trace', () => {
  it('makes a file that tells what it is', () => {
    const path = join(makeFolder(), 'boot.kwind');
    createTrace(path, sampleHeader).finish();
    expect(readFileSync(path).readUInt32BE(68).toString(16)).toBe('6b776e64');
    const db = new Database(path, { readonly: true });
    expect(db.pragma('application_id', { simple: true })).toBe(0x6b77_6e64);
    expect(db.pragma('user_version', { simple: true })).toBe(2);
    expect(db.pragma('journal_mode', { simple: true })).toBe('delete');
    db.close();
  });

  it('refuses a file that exists, and leaves it alone', () => {
    const path = join(makeFolder(), 'boot.kwind');
    writeSample(path, { events: 100 });
    const before = readFileSync(path);
    expect(() => createTrace(path, sampleHeader)).toThrow(code('trace/exists'));
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('refuses a file that is no trace at all, and replaces it when it is forced', () => {
    const path = join(makeFolder(), 'photo.jpg');
    writeFileSync(path, 'not a trace');
    expect(() => createTrace(path, sampleHeader)).toThrow(code('trace/exists'));
    expect(readFileSync(path, 'utf8')).toBe('not a trace');
    createTrace(path, sampleHeader, { force: true }).finish();
    expect(verifyTrace(path).ok).toBe(true);
  });

  it('replaces a finished trace when it is forced, while somebody reads the old one', () => {
    const path = join(makeFolder(), 'boot.kwind');
    writeSample(path, { events: 100 });
    const reader = openTrace(path);
    writeSample(path, { events: 50, force: true });
    expect(reader.batchContaining(99).length).toBe(100);
    reader.close();
    expect(verifyTrace(path)).toMatchObject({ ok: true, events: 50 });
  });

  it('replaces the trace of a killed recorder when it is forced, with nothing left of it', async () => {
    const path = join(makeFolder(), 'boot.kwind');
    const recorder = new ChildRecorder(path, 100, 1e9);
    await recorder.waitFor(5000);
    await recorder.kill();
    writeSample(path, { events: 50, force: true });
    expect(verifyTrace(path)).toMatchObject({ ok: true, events: 50, finished: true });
    expect(filesIn(join(path, '..'))).toEqual(['boot.kwind']);
  });

  it('is not led astray by a -wal that a lost file left behind', async () => {
    const path = join(makeFolder(), 'boot.kwind');
    const recorder = new ChildRecorder(path, 100, 1e9);
    await recorder.waitFor(5000);
    await recorder.kill();
    renameSync(path, `${path}.lost`);
    writeSample(path, { events: 50 });
    expect(verifyTrace(path)).toMatchObject({ ok: true, events: 50, finished: true });
  });

  it('refuses what is no regular file, forced or not', async () => {
    const path = join(makeFolder(), 'socket');
    const end = await makeSocket(path);
    for (const force of [false, true])
      expect(() => createTrace(path, sampleHeader, { force })).toThrow(code('trace/exists'));
    expect(lstatSync(path).isSocket()).toBe(true);
    end();
  });

  it('replaces a link, not what it points to', () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'precious'), 'text');
    symlinkSync('precious', join(folder, 'boot.kwind'));
    expect(() => createTrace(join(folder, 'boot.kwind'), sampleHeader)).toThrow(code('trace/exists'));
    createTrace(join(folder, 'boot.kwind'), sampleHeader, { force: true }).finish();
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('text');
    expect(verifyTrace(join(folder, 'boot.kwind')).ok).toBe(true);
  });

  it.each([
    ['a folder that does not exist', (folder: string) => join(folder, 'none', 'boot.kwind'), 'trace/io'],
    ['a directory', (folder: string) => (mkdirSync(join(folder, 'dir')), join(folder, 'dir')), 'trace/exists'],
    [
      'a place below a file',
      (folder: string) => (writeFileSync(join(folder, 'f'), ''), join(folder, 'f', 'x')),
      'trace/io',
    ],
  ])('refuses %s, forced or not', (_name, make, expected) => {
    const path = make(makeFolder());
    for (const force of [false, true]) expect(() => createTrace(path, sampleHeader, { force })).toThrow(code(expected));
  });
});

describe('a second recorder', () => {
  it.each([false, true])('is told who records the file already (force: %s)', async (force) => {
    const path = join(makeFolder(), 'boot.kwind');
    const recorder = new ChildRecorder(path, 4096, 1e9);
    await recorder.waitFor(4096 * 16);
    const errors = Array.from({ length: 20 }, () => errorOf(() => createTrace(path, sampleHeader, { force })));
    const alive = !recorder.ended;
    await recorder.kill();
    expect(alive).toBe(true);
    for (const error of errors) {
      expect(error.code).toBe('trace/busy');
      expect(error.message).toContain(`process ${recorder.pid} on ${hostname()} since ${sampleHeader.created}`);
    }
    expect(verifyTrace(path).ok).toBe(true);
  });

  it('is told so in the same process too, and does no harm to the first', () => {
    const path = join(makeFolder(), 'boot.kwind');
    const first = createTrace(path, sampleHeader);
    const batches = [...sampleBatches({ events: 2000, batch: 100 })];
    for (const batch of batches.slice(0, 5)) first.append(batch);
    expect(() => createTrace(path, sampleHeader, { force: true })).toThrow(code('trace/busy'));
    for (const batch of batches.slice(5)) first.append(batch);
    first.finish();
    expect(verifyTrace(path)).toMatchObject({ ok: true, events: 2000 });
  });

  it('may have the file once the first was killed', async () => {
    const path = join(makeFolder(), 'boot.kwind');
    const recorder = new ChildRecorder(path, 100, 1e9);
    await recorder.waitFor(0);
    await recorder.kill();
    expect(() => createTrace(path, sampleHeader)).toThrow(code('trace/exists'));
    createTrace(path, sampleHeader, { force: true }).finish();
  });
});

describe('a trace copied while it is recorded', () => {
  it('opens as far as the copy of the file alone goes, or is refused', () => {
    const path = join(makeFolder(), 'boot.kwind');
    const writer = createTrace(path, sampleHeader);
    const copy = join(makeFolder(), 'copy.kwind');
    for (const batch of sampleBatches({ events: 200_000 })) writer.append(batch);
    writer.flush();
    copyFileSync(path, copy);
    chmodSync(copy, 0o444);
    expect([true, 'trace/not-a-trace']).toContain(outcomeOf(() => verifyTrace(copy).ok));
    writer.abort();
  });
});
