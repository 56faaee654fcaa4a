import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { ToolError } from '@kwind/x86';
import { openTrace } from './index.ts';
import { contentOf, Damager, flipMany, tables } from './testing/damage.ts';
import { outcomeOf } from './testing/outcome.ts';
import { makeFolder, randomFrom, removeFolders } from './testing/sample.ts';
import { sampleCheckpoint, writeSample } from './testing/write-sample.ts';

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

/** The pages below the root of the tree of a table, drawn by lot; SQLite finds rows there that are not in order. */
function shuffleTree(file: string, table: string, random: (below: number) => number): void {
  const db = new Database(file, { readonly: true });
  const { rootpage } = db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table) as {
    rootpage: number;
  };
  const pageSize = db.pragma('page_size', { simple: true }) as number;
  db.close();
  const bytes = readFileSync(file);
  const root = bytes.subarray((rootpage - 1) * pageSize, rootpage * pageSize);
  // An inner page: its cells begin with the page below, and the last one stands in the header.
  expect(root[0]).toBe(5);
  const places = [8, ...Array.from({ length: root.readUInt16BE(3) }, (_, i) => root.readUInt16BE(12 + 2 * i))];
  const below = places.map((at) => root.readUInt32BE(at));
  for (const at of places) root.writeUInt32BE(below[random(below.length)]!, at);
  writeFileSync(file, bytes);
}

describe('a trace whose batches lie in disorder', () => {
  it('never gives a batch or a link in the place of another', () => {
    const file = join(makeFolder(), 'disorder.kwind');
    const random = randomFrom(seed);
    let refused = 0;
    for (let round = 0; round < 15; round++) {
      writeSample(file, { events: 4000, batch: 20, force: true });
      shuffleTree(file, 'batch', random);
      const reader = openTrace(file);
      for (let seq = 0; seq < reader.length; seq += 37) {
        for (const look of [() => reader.batchContaining(seq), () => reader.linkAt(seq)]) {
          try {
            const { firstSeq, length } = look();
            expect(seq >= firstSeq && seq < firstSeq + length).toBe(true);
          } catch (error) {
            if (!isTraceError(error)) throw error;
            refused++;
          }
        }
      }
      reader.close();
    }
    expect(refused).toBeGreaterThan(0);
  });

  it('never gives a checkpoint of later for one of before', () => {
    const file = join(makeFolder(), 'disorder.kwind');
    const random = randomFrom(seed);
    let refused = 0;
    for (let round = 0; round < 15; round++) {
      writeSample(file, { events: 4000, batch: 20, checkpointEach: 1, force: true });
      shuffleTree(file, 'checkpoint', random);
      const reader = openTrace(file);
      for (let position = 0; position <= reader.length; position += 37) {
        try {
          const found = reader.checkpointAtOrBefore(position, sampleCheckpoint(0).reducer);
          expect(found?.position ?? 0).toBeLessThanOrEqual(position);
        } catch (error) {
          if (!isTraceError(error)) throw error;
          refused++;
        }
      }
      reader.close();
    }
    expect(refused).toBeGreaterThan(0);
  });
});
