import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { ToolError } from '@kwind/x86';
import { placeholder } from './file-seal.ts';
import { openTrace, verifyTrace } from './index.ts';
import { makeFolder, removeFolders } from './testing/sample.ts';
import { writeSample } from './testing/write-sample.ts';

afterAll(removeFolders);

const folder = makeFolder();
const path = join(folder, 'small.kwind');
const changed = join(folder, 'changed.kwind');
writeSample(path, { events: 20, batch: 10, checkpointEach: 1 });
const bytes = readFileSync(path);

/** What verify says of the file with one byte changed: its first problem, or the code of the error that it throws. */
function verdictOn(at: number, bits: number): string {
  const copy = Buffer.from(bytes);
  copy[at]! ^= bits;
  writeFileSync(changed, copy);
  try {
    const { ok, problems } = verifyTrace(changed);
    return ok ? 'ok' : problems[0]!.what;
  } catch (error) {
    if (error instanceof ToolError && error.code.startsWith('trace/')) return error.code;
    throw error;
  }
}

describe('the seal of a finished file', () => {
  it('lets verify notice a changed byte at every place of the file', { timeout: 120_000 }, () => {
    expect(verifyTrace(path)).toMatchObject({ ok: true, problems: [] });
    const missed = [];
    for (let at = 0; at < bytes.length; at++) if (verdictOn(at, 1 << (at & 7)) === 'ok') missed.push(at);
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
    const db = new Database(path, { readonly: true });
    const seal = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'file'").pluck().get()!;
    db.close();
    const copy = Buffer.from(bytes);
    copy.write(placeholder(), copy.indexOf(seal), 'latin1');
    writeFileSync(changed, copy);
    expect(verifyTrace(changed).ok).toBe(true);
  });
});
