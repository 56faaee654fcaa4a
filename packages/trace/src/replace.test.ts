import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createTrace, discardTrace, openTrace, replaceTrace, verifyTrace } from './index.ts';
import { makeFolder, removeFolders, sampleBatches, sampleHeader } from './testing/sample.ts';
import { writeSample } from './testing/write-sample.ts';

afterAll(removeFolders);
const pathIn = (name: string): string => join(makeFolder(), name);

describe('replacing a trace by another', () => {
  it('leaves the new one under the name of the old, and nothing beside it', () => {
    const path = pathIn('boot.kwind');
    const writer = createTrace(path, sampleHeader);
    for (const batch of sampleBatches({ events: 3000, batch: 100 })) writer.append(batch);
    writer.abort();
    writeSample(`${path}.new`, { events: 5000 });
    const wanted = readFileSync(`${path}.new`);
    replaceTrace(`${path}.new`, path);
    expect(readFileSync(path).equals(wanted)).toBe(true);
    expect(verifyTrace(path)).toMatchObject({ ok: true, events: 5000 });
    expect(['.new', '-wal', '-shm', '-journal'].filter((part) => existsSync(path + part))).toEqual([]);
  });

  it('waits for no recorder: what is being recorded is neither replaced nor removed', () => {
    const path = pathIn('busy.kwind');
    const writer = createTrace(path, sampleHeader);
    writeSample(`${path}.new`, { events: 100 });
    for (const act of [() => replaceTrace(`${path}.new`, path), () => discardTrace(path)])
      expect(act).toThrow(expect.objectContaining({ code: 'trace/busy' }));
    writer.finish();
    expect(openTrace(path).length).toBe(0);
    expect(existsSync(`${path}.new`)).toBe(true);
  });

  it('keeps the old one where the new one is missing', () => {
    const path = pathIn('boot.kwind');
    writeSample(path, { events: 100 });
    expect(() => replaceTrace(`${path}.new`, path)).toThrow(expect.objectContaining({ code: 'trace/not-found' }));
    expect(verifyTrace(path)).toMatchObject({ ok: true, events: 100 });
  });
});

describe('discarding a trace', () => {
  it('takes what is beside it too, and is content when there is none', () => {
    const path = pathIn('gone.kwind');
    writeSample(path, { events: 100 });
    discardTrace(path);
    expect(existsSync(path)).toBe(false);
    discardTrace(path);
    rmSync(path, { force: true });
  });
});
