import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BATCH_SIZE, BatchBuilder, codeOfType, type EventBatch } from '@kwind/events';
import { initialState, reduceAll, stateHash } from '@kwind/state';
import { headerFor } from '@kwind/testkit';
import { Timeline } from '@kwind/timeline';
import { createTrace, openTrace } from '@kwind/trace';
import { kernel } from './histories.ts';

const folder = mkdtempSync(join(tmpdir(), 'kwind-pages-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BATCHES = 80;
const PTE_WRITTEN = codeOfType('pte.written');

/** A long history: one table after the other is filled, and `busy` ones are stored to all along. */
function history(busy: number): readonly EventBatch[] {
  const builder = new BatchBuilder();
  const batches: EventBatch[] = [];
  const held = new Map<number, number>();
  for (let i = 0; i < BATCHES * BATCH_SIZE; i++) {
    const [table, index] =
      i % 2 === 0 ? [0x1000 + ((i >> 1) % busy), (i >> 5) & 511] : [0x8000 + (i >> 10), (i >> 1) & 511];
    const key = table * 512 + index;
    builder.appendEntry(PTE_WRITTEN, table, index, held.get(key) ?? 0, 0, i, 0);
    held.set(key, i);
    if (builder.isFull) batches.push(builder.freeze());
  }
  return batches;
}

/** No checkpoint is in it, so whoever looks at all pages folds from power-on, or goes on from where he was. */
function recorded(batches: readonly EventBatch[], name: string): string {
  const path = join(folder, name);
  const writer = createTrace(path, headerFor(kernel));
  for (const batch of batches) writer.append(batch);
  writer.finish();
  return path;
}

describe('all pages of a long history', () => {
  it.each([2, 600, 4000])('are those of a fold from power-on wherever one looks next, with %d busy tables', (busy) => {
    const batches = history(busy);
    const reader = openTrace(recorded(batches, `busy-${busy}.kwind`));
    const timeline = new Timeline(reader, kernel);
    for (const eighth of [8, 4, 6, 5, 1]) {
      const end = (eighth * BATCHES) / 8;
      const expected = reduceAll(initialState(kernel), batches.slice(0, end));
      expect(stateHash(timeline.at(end * BATCH_SIZE).state)).toBe(stateHash(expected));
    }
    reader.close();
  });

  it('are not folded from power-on again for the middle, once somebody has seen the end', () => {
    const reader = openTrace(recorded(history(2), 'middle.kwind'));
    const rowsFrom = reader.rowsFrom.bind(reader);
    let loads = 0;
    reader.rowsFrom = function* (from, skips) {
      for (const rows of rowsFrom(from, skips)) {
        // Without the stores it is the rest of the machine that is folded.
        if (skips?.stores !== true) loads++;
        yield rows;
      }
    };
    const timeline = new Timeline(reader, kernel);
    const loadsAt = (position: number): number => {
      loads = 0;
      stateHash(timeline.at(position).state);
      return loads;
    };
    expect(loadsAt(timeline.length)).toBeGreaterThan(BATCHES - 2);
    expect(loadsAt(timeline.length / 2 + 1)).toBeLessThan(BATCHES / 8);
    reader.close();
  });
});
