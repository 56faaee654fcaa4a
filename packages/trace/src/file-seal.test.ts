import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { ToolError } from '@kwind/x86';
import { isFileAsSealed, placeholder } from './file-seal.ts';
import { openTrace, verifyTrace } from './index.ts';
import { makeFolder, removeFolders } from './testing/sample.ts';
import { writeSample } from './testing/write-sample.ts';

afterAll(removeFolders);

const folder = makeFolder();
const path = join(folder, 'small.kwind');
const changed = join(folder, 'changed.kwind');
writeSample(path, { events: 20, batch: 10, checkpointEach: 1 });
const bytes = readFileSync(path);
const seal = sealOf(path);

/** The digest as it stands in the file. */
function sealOf(file: string): string {
  const db = new Database(file, { readonly: true });
  const text = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'file'").pluck().get()!;
  db.close();
  return text;
}

/** What verify says of the file with one byte changed: its first problem, or the code of the error that it throws. */
function verdictOn(at: number, bits: number): string {
  writeFileSync(changed, bytes);
  const file = openSync(changed, 'r+');
  try {
    return verdictWith(file, at, bits);
  } finally {
    closeSync(file);
  }
}

/** The same of a file that is open and whole; the byte stays changed. */
function verdictWith(file: number, at: number, bits: number): string {
  writeSync(file, Buffer.of(bytes[at]! ^ bits), 0, 1, at);
  try {
    const { ok, problems } = verifyTrace(changed);
    return ok ? 'ok' : problems[0]!.what;
  } catch (error) {
    if (error instanceof ToolError && error.code.startsWith('trace/')) return error.code;
    throw error;
  }
}

const isUsed = (at: number): boolean => bytes.subarray(Math.max(0, at - 8), at + 9).some((byte) => byte !== 0);

describe('the seal of a finished file', () => {
  it('is no text but a digest, so that an empty one is not looked for everywhere', () => {
    for (const text of ['', '0', seal.toUpperCase(), `${seal}0`]) expect(isFileAsSealed(path, text)).toBe(false);
    expect(isFileAsSealed(path, seal)).toBe(true);
  });

  it('lets verify notice a changed byte at every place of the file', { timeout: 30_000 }, () => {
    expect(verifyTrace(path)).toMatchObject({ ok: true, problems: [] });
    const missed = [];
    writeFileSync(changed, bytes);
    // One byte is changed and put back: writing the file anew for each takes longer than verifying it.
    const file = openSync(changed, 'r+');
    for (let at = 0; at < bytes.length; at++) {
      const bits = 1 << (at & 7);
      if (isUsed(at) || at % 16 === 0) {
        if (verdictWith(file, at, bits) === 'ok') missed.push(at);
      } else {
        // In free space only the seal can notice, which takes a tenth of the time when it is asked by itself.
        writeSync(file, Buffer.of(bytes[at]! ^ bits), 0, 1, at);
        if (isFileAsSealed(changed, seal)) missed.push(at);
      }
      writeSync(file, bytes, at, 1, at);
    }
    closeSync(file);
    expect(readFileSync(changed).equals(bytes)).toBe(true);
    expect(missed).toEqual([]);
  });

  it('says that the events are intact where they are', () => {
    // SQLite's version number, which nobody reads.
    expect(verdictOn(97, 1)).toBe('the file was changed after it was finished; the events themselves are intact');
    const reader = openTrace(changed);
    expect(reader.length).toBe(20);
    reader.close();
  });

  it('is not asked of a trace whose recorder did not get to it', () => {
    const copy = Buffer.from(bytes);
    copy.write(placeholder(), copy.indexOf(seal), 'latin1');
    writeFileSync(changed, copy);
    expect(verifyTrace(changed).ok).toBe(true);
  });
});
