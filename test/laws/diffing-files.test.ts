import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { BatchBuilder, toEvent, type BootEvent, type EventBatch } from '@kwind/events';
import { arbitraryCalls, headerFor, memoryTrace, recordCalls } from '@kwind/testkit';
import { diffTraces, firstDivergence, type DiffOptions } from '@kwind/timeline';
import { createTrace, openTrace } from '@kwind/trace';
import { profile, type Pte } from '@kwind/x86';

const build = profile('linux-6.1');
const folder = mkdtempSync(join(tmpdir(), 'kwind-diff-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** So short that most differences have calls around them that began in an earlier batch. */
function batchesOf(events: readonly BootEvent[], length: number): EventBatch[] {
  const builder = new BatchBuilder();
  const batches: EventBatch[] = [];
  for (const event of events) {
    builder.append(event);
    if (builder.length === length) batches.push(builder.freeze());
  }
  if (builder.length > 0) batches.push(builder.freeze());
  return batches;
}

let count = 0;
function storedTrace(batches: readonly EventBatch[]): ReturnType<typeof openTrace> {
  const path = join(folder, `${count++}.kwind`);
  const writer = createTrace(path, headerFor(build));
  for (const batch of batches) writer.append(batch);
  writer.finish();
  return openTrace(path);
}

type Edit = { readonly kind: 'message' | 'store' | 'swap' | 'drop'; readonly at: number };
const edits = fc.array(fc.record({ kind: fc.constantFrom('message', 'store', 'swap', 'drop'), at: fc.nat() }), {
  minLength: 1,
  maxLength: 12,
}) as fc.Arbitrary<Edit[]>;

function edited(events: readonly BootEvent[], script: readonly Edit[]): BootEvent[] {
  const found = [...events];
  for (const { kind, at } of script) {
    const i = at % found.length;
    const event = found[i]!;
    if (kind === 'message') found.splice(i, 0, { type: 'message.printed', level: 'INFO', text: `planted ${at}` });
    else if (kind === 'drop' && !event.type.startsWith('call.')) found.splice(i, 1);
    else if (kind === 'store' && event.type === 'pte.written')
      found[i] = { ...event, after: (event.after ^ 0x8000n) as Pte };
    else if (kind === 'swap' && event.type === 'call.entered')
      found[i] = { ...event, args: event.args.map((n) => n ^ 1n) };
  }
  return found;
}

const options: readonly DiffOptions[] = [{}, { tolerateReorder: true }, { ignore: ['vaddr'] }];

describe('traces in files', () => {
  it('differ as the same events in memory do, however they are cut into batches', () => {
    fc.assert(
      fc.property(arbitraryCalls(), edits, fc.integer({ min: 3, max: 60 }), (calls, script, length) => {
        const events = recordCalls(build, calls).batches.flatMap((batch) => [...batch].map(toEvent));
        const [a, b] = [batchesOf(events, length), batchesOf(edited(events, script), length)];
        const [fileA, fileB] = [storedTrace(a), storedTrace(b)];
        const [memoryA, memoryB] = [a, b].map((batches) => memoryTrace(batches, headerFor(build))) as [never, never];
        for (const asked of options)
          expect(diffTraces(fileA, fileB, asked)).toEqual(diffTraces(memoryA, memoryB, asked));
        expect(firstDivergence(fileA, fileB)).toBe(firstDivergence(memoryA, memoryB));
        fileA.close();
        fileB.close();
      }),
      { numRuns: 40 },
    );
  });

  it('can be compared with themselves, one stretch with another', () => {
    fc.assert(
      fc.property(arbitraryCalls(), fc.nat(), fc.nat(), (calls, first, second) => {
        const events = recordCalls(build, calls).batches.flatMap((batch) => [...batch].map(toEvent));
        const batches = batchesOf(events, 16);
        const rangeOf = (seed: number): { from: number; to: number } => ({
          from: seed % events.length,
          to: events.length,
        });
        const range = { a: rangeOf(first), b: rangeOf(second) };
        const file = storedTrace(batches);
        const memory = memoryTrace(batches, headerFor(build));
        expect(diffTraces(file, file, { range })).toEqual(diffTraces(memory, memory, { range }));
        file.close();
      }),
      { numRuns: 20 },
    );
  });
});
