import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchBuilder, toEvent, type BootEvent, type EventBatch } from '@kwind/events';
import { arbitraryCalls, headerFor, memoryTrace, recordCalls } from '@kwind/testkit';
import { diffTraces, type DiffSide, type TraceDiff } from '@kwind/timeline';
import { profile } from '@kwind/x86';

const build = profile('linux-6.1');

function sideOf(events: readonly BootEvent[]): DiffSide {
  const builder = new BatchBuilder();
  const batches: EventBatch[] = [];
  for (const event of events) {
    builder.append(event);
    if (builder.isFull) batches.push(builder.freeze());
  }
  if (builder.length > 0) batches.push(builder.freeze());
  return { reader: memoryTrace(batches, headerFor(build)), profile: build };
}

const eventsOf = (calls: Parameters<typeof recordCalls>[1]): BootEvent[] =>
  recordCalls(build, calls).batches.flatMap((batch) => [...batch].map(toEvent));

const isBracket = (event: BootEvent): boolean => event.type.startsWith('call.');
const message = (n: number): BootEvent => ({ type: 'message.printed', level: 'INFO', text: `planted ${n}` });

interface Edit {
  readonly kind: 'insert' | 'delete' | 'change';
  readonly at: number;
}
const edits = fc.array(
  fc.record({ kind: fc.constantFrom('insert' as const, 'delete' as const, 'change' as const), at: fc.nat() }),
  { maxLength: 6 },
);

/** Apply edits to events that are no brackets. @returns the new events, and how many edits found a place */
function edited(events: readonly BootEvent[], script: readonly Edit[]): { events: BootEvent[]; count: number } {
  const places = events.flatMap((event, i) =>
    isBracket(event) || event.type === 'table.allocated' || event.type.endsWith('.populated') ? [] : [i],
  );
  const chosen = new Map(script.map((edit) => [places[edit.at % places.length]!, edit.kind]));
  const found: BootEvent[] = [];
  for (const [i, event] of events.entries()) {
    const kind = chosen.get(i);
    if (kind === 'insert') found.push(message(i), event);
    else if (kind === 'change') found.push(message(i));
    else if (kind === undefined) found.push(event);
  }
  return { events: found, count: [...chosen.values()].reduce((sum, kind) => sum + (kind === 'change' ? 2 : 1), 0) };
}

const turned = ({ differences }: TraceDiff): string[] =>
  differences
    .map(
      ({ kind, a, b }) =>
        `${{ 'only-a': 'only-b', 'only-b': 'only-a', moved: 'moved', changed: 'changed' }[kind]} ${b?.seq} ${a?.seq}`,
    )
    .sort();
const straight = ({ differences }: TraceDiff): string[] =>
  differences.map(({ kind, a, b }) => `${kind} ${a?.seq} ${b?.seq}`).sort();

describe('diff', () => {
  it('finds nothing between a trace and itself', () => {
    fc.assert(
      fc.property(arbitraryCalls(), (calls) => {
        const side = sideOf(eventsOf(calls));
        expect(diffTraces(side, side)).toMatchObject({ same: true, differences: [] });
      }),
      { numRuns: 20 },
    );
  });

  it('reports a random edit script, or a shorter one, and the same the other way round', () => {
    fc.assert(
      fc.property(arbitraryCalls(), edits, (calls, script) => {
        const events = eventsOf(calls);
        const other = edited(events, script);
        const [a, b] = [sideOf(events), sideOf(other.events)];
        const [there, back] = [diffTraces(a, b), diffTraces(b, a)];
        expect(there.differences.length).toBeLessThanOrEqual(other.count);
        expect(there.same).toBe(other.count === 0);
        expect(straight(there)).toHaveLength(turned(back).length);
      }),
      { numRuns: 30 },
    );
  });

  it('reports exactly a planted change in a long trace', () => {
    const event = (i: number): BootEvent => ({ type: 'message.printed', level: 'INFO', text: `line ${i}` });
    const events = Array.from({ length: 30_000 }, (_, i) => event(i));
    const { differences } = diffTraces(sideOf(events), sideOf(events.with(20_000, event(-1))));
    expect(differences).toMatchObject([
      {
        kind: 'changed',
        what: 'event',
        a: { seq: 20_000 },
        b: { seq: 20_000 },
        fields: [{ name: 'text', a: 'line 20000', b: 'line -1' }],
        rejoin: { a: 20_001, b: 20_001 },
      },
    ]);
  });

  it('tells a call that moved, and lets it pass when told to', () => {
    const call = (fn: string): BootEvent[] => [
      { type: 'call.entered', fn, caller: '', stack: '', origin: '', text: '', args: [1n] },
      { type: 'message.printed', level: 'INFO', text: fn },
      { type: 'call.returned', fn, result: 0n },
    ];
    const [a, b] = [
      ['f', 'g', 'h'],
      ['g', 'h', 'f'],
    ].map((names) => sideOf(names.flatMap(call)));
    expect(diffTraces(a!, b!).differences).toMatchObject([
      { kind: 'moved', what: 'call', a: { seq: 0 }, b: { seq: 6 } },
    ]);
    expect(diffTraces(a!, b!, { tolerateReorder: true })).toMatchObject({ same: true, tolerated: 1 });
  });

  it('leaves out fields and types that do not count', () => {
    const slot = (size: bigint): BootEvent => ({ type: 'slot.sized', slot: 0, before: 0n, after: size });
    const [a, b] = [sideOf([slot(1n), message(1)]), sideOf([slot(2n), message(1)])];
    expect(diffTraces(a, b).same).toBe(false);
    expect(diffTraces(a, b, { ignore: ['after'] }).same).toBe(true);
    expect(diffTraces(a, b, { ignore: ['slot.sized.after'] }).same).toBe(true);
    expect(diffTraces(a, b, { only: [0x62] }).same).toBe(true);
  });
});
