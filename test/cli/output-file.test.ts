import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { kwind, scratch } from './kwind.ts';

const folder = scratch();
const trace = join(folder, 'boot.kwind');
const base = join(folder, 'base.json');

beforeAll(async () => {
  await kwind(['record', '--boot', '-o', trace]);
  await kwind(['baseline', 'build', trace, '-o', base]);
});

describe('a report that goes into a file', () => {
  const verbs = [
    ['check', trace, '-o'],
    ['baseline', 'build', trace, '-o'],
    ['regress', base, trace, '--junit'],
    ['diff', trace, trace, '--html'],
    ['export', trace, '--to', 'jsonl', '-o'],
    ['export', trace, '--to', 'sqlite', '--force', '-o'],
  ];

  it.each(verbs)('of %s says what is wrong with the name', async (...argv) => {
    const [into, beyond] = [await kwind([...argv, folder]), await kwind([...argv, join(folder, 'no', 'x')])];
    expect([into.code, into.err]).toEqual([
      2,
      expect.stringContaining(`${folder} is a directory.\n  Name a file in it.`),
    ]);
    expect([beyond.code, beyond.err]).toEqual([2, expect.stringContaining('Check the folder and its permissions.')]);
  });
});
