import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { killOnce } from './testing/kill.ts';
import { makeFolder, removeFolders } from './testing/sample.ts';

afterAll(removeFolders);

describe('a recorder that is killed', () => {
  const path = join(makeFolder(), 'boot.kwind');

  it.each([
    ['at once', { batch: 100, events: 1e9, afterMs: 0 }],
    ['in the middle of small batches', { batch: 7, events: 1e9, afterMs: 90 }],
    ['in the middle of full batches', { batch: 4096, events: 1e9, afterMs: 160 }],
    ['while somebody follows it', { batch: 500, events: 1e9, afterMs: 70, following: true }],
    ['around its end', { batch: 50, events: 5000, afterMs: 25 }],
  ])('%s leaves a trace that opens and holds all that was committed', async (_name, killing) => {
    const remains = await killOnce({ path, ...killing });
    expect(remains).toMatchObject({ ok: true, problems: [], isPrefix: true });
    expect(remains.events).toBeGreaterThanOrEqual(remains.committed);
  });
});
