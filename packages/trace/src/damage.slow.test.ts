import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ToolError } from '@kwind/x86';
import { contentOf, Damager, flipMany, tables } from './testing/damage.ts';
import { outcomeOf } from './testing/outcome.ts';
import { makeFolder, removeFolders } from './testing/sample.ts';
import { writeSample } from './testing/write-sample.ts';
import { verifyTrace } from './verify.ts';

afterAll(removeFolders);

/** Raise it for a longer hunt: KWIND_FUZZ_SECONDS=600. */
const seconds = Number(process.env['KWIND_FUZZ_SECONDS'] ?? 60);
const isTraceError = (error: unknown): boolean => error instanceof ToolError && error.code.startsWith('trace/');
const isReadOrTraceError = (outcome: unknown): boolean =>
  typeof outcome === 'number' || String(outcome).startsWith('trace/');
const path = join(makeFolder(), 'small.kwind');
writeSample(path, { events: 20_000, batch: 250, ragged: true, checkpointEach: 7 });
const target = join(makeFolder(), 'damaged.kwind');
const seed = Date.now() % 1e9;

describe(`damaged traces for ${seconds} s each (seed ${seed})`, () => {
  it('with a flipped bit are found by verify, or read as before', { timeout: seconds * 2000 }, () => {
    const damager = new Damager(path, target, seed);
    for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
      for (const table of tables) expect(flipMany(damager, table, 20, isTraceError).missed).toEqual([]);
    }
  });

  it('scrambled, end in a ToolError or a report', { timeout: seconds * 2000 }, () => {
    const damager = new Damager(path, target, seed);
    for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
      writeFileSync(target, damager.scramble());
      expect(outcomeOf(() => contentOf(target).length)).toEqual(expect.toSatisfy(isReadOrTraceError));
      expect(outcomeOf(() => verifyTrace(target).events)).toEqual(expect.toSatisfy(isReadOrTraceError));
    }
  });
});
