import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ToolError } from '@kwind/x86';
import { contentOf, Damager, flipMany, tables } from './testing/damage.ts';
import { outcomeOf } from './testing/outcome.ts';
import { makeFolder, removeFolders } from './testing/sample.ts';
import { writeSample } from './testing/write-sample.ts';

afterAll(removeFolders);

const isTraceError = (error: unknown): boolean => error instanceof ToolError && error.code.startsWith('trace/');
const path = join(makeFolder(), 'small.kwind');
writeSample(path, { events: 3000, batch: 300, checkpointEach: 2 });
const target = join(makeFolder(), 'damaged.kwind');
const seed = Date.now() % 1e9;

describe(`a damaged trace (seed ${seed})`, () => {
  it.each(tables)('with a flipped bit in %s is found by verify, or reads as before', (table) => {
    const tally = flipMany(new Damager(path, target, seed), table, 150, isTraceError);
    expect(tally.missed).toEqual([]);
    expect(tally.found).toBeGreaterThan(10);
  });

  it('never makes a reader do anything but read, or throw a ToolError', () => {
    const damager = new Damager(path, target, seed);
    const outcomes = new Set<string>();
    for (let round = 0; round < 400; round++) {
      writeFileSync(target, damager.scramble());
      const outcome = outcomeOf(() => contentOf(target));
      outcomes.add(/^(trace|event|position)\/[a-z-]+$/.test(outcome) ? outcome : 'read');
    }
    expect([...outcomes].filter((outcome) => outcome !== 'read' && !outcome.startsWith('trace/'))).toEqual([]);
  });
});
