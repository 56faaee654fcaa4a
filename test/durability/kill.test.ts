import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeJobs } from './jobs.ts';
import { killRounds } from './kills.ts';

const folder = mkdtempSync(join(tmpdir(), 'kwind-kill-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const seed = Date.now() % 1e9;
const ROUNDS = 2;

describe(`a kwind that is killed (seed ${seed}; the long form is node test/durability/main.ts)`, () => {
  it.each(makeJobs(folder).map((job) => [job.name, job] as const))(
    'while %s leaves a whole beginning, with all that was durable',
    { timeout: 120_000 },
    async (_name, job) => {
      const tally = await killRounds(job, folder, ROUNDS, seed);
      expect(tally.problems).toEqual([]);
      expect(tally.before + tally.during + tally.whole + tally.outlived).toBeGreaterThanOrEqual(ROUNDS);
    },
  );
});
