import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchBuilder, toEvent, type BootEvent, type EventBatch } from '@kwind/events';
import { arbitraryCalls, headerFor, memoryTrace, recordCalls, type MemoryTrace } from '@kwind/testkit';
import { areEqual, diffTraces, firstDivergence, mirrored, type Difference } from '@kwind/timeline';
import { profile, type Pte, type Vaddr } from '@kwind/x86';

const build = profile('linux-6.1');

function traceOf(events: readonly BootEvent[], kernel = build): MemoryTrace {
  const builder = new BatchBuilder();
  const batches: EventBatch[] = [];
  for (const event of events) {
    builder.append(event);
    if (builder.isFull) batches.push(builder.freeze());
  }
  if (builder.length > 0) batches.push(builder.freeze());
  return memoryTrace(batches, headerFor(kernel));
}

const eventsOf = (calls: Parameters<typeof recordCalls>[1]): BootEvent[] =>
  recordCalls(build, calls).batches.flatMap((batch) => [...batch].map(toEvent));

const isBracket = (event: BootEvent): boolean => event.type.startsWith('call.');
const message = (n: number): BootEvent => ({ type: 'message.printed', level: 'INFO', text: `planted ${n}` });

interface Edit {
  readonly kind: 'insert' | 'delete' | 'change' | 'copy';
  readonly at: number;
}
const edits = fc.array(fc.record({ kind: fc.constantFrom('insert', 'delete', 'change', 'copy'), at: fc.nat() }), {
  maxLength: 8,
}) as fc.Arbitrary<Edit[]>;

/** Apply edits to events that are no brackets and tell nothing about tables. @returns the new events, and the edits made */
function edited(events: readonly BootEvent[], script: readonly Edit[]): { events: BootEvent[]; count: number } {
  const places = events.flatMap((event, i) =>
    isBracket(event) || event.type === 'table.allocated' || event.type.endsWith('.populated') ? [] : [i],
  );
  const chosen = new Map(script.map((edit) => [places[edit.at % places.length]!, edit.kind]));
  const found: BootEvent[] = [];
  for (const [i, event] of events.entries()) {
    const kind = chosen.get(i);
    if (kind === 'insert') found.push(message(i), event);
    else if (kind === 'copy') found.push(event, event);
    else if (kind === 'change') found.push(message(i));
    else if (kind === undefined) found.push(event);
  }
  // An event that became one of another type is one gone and one come.
  return { events: found, count: [...chosen.values()].reduce((sum, kind) => sum + (kind === 'change' ? 2 : 1), 0) };
}

/** Number of differences, those within changed calls counted instead of the calls. */
const sizeOf = (differences: readonly Difference[]): number =>
  differences.reduce((sum, { inside }) => sum + Math.max(1, sizeOf(inside)), 0);

/** The events of one side that no difference names, in order. */
function untouched(events: readonly BootEvent[], differences: readonly Difference[], side: 'a' | 'b'): BootEvent[] {
  const named = new Set<number>();
  const note = (one: Difference): void => {
    const item = one[side];
    if (!item) return one.inside.forEach(note);
    // Of a changed call its own first and last event; the rest is told within.
    if (one.kind === 'changed' && one.what === 'call') named.add(item.seq);
    else for (let seq = item.seq; seq <= item.end; seq++) named.add(seq);
    one.inside.forEach(note);
  };
  differences.forEach(note);
  return events.filter((_, seq) => !named.has(seq));
}

describe('diff', () => {
  it('finds nothing between a trace and itself', () => {
    fc.assert(
      fc.property(arbitraryCalls(), (calls) => {
        const [one, other] = [traceOf(eventsOf(calls)), traceOf(eventsOf(calls))];
        expect(diffTraces(one, other)).toMatchObject({ same: true, differences: [] });
        expect(firstDivergence(one, other)).toBeUndefined();
        expect(areEqual(one, other)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('reports a random edit script, or a shorter one', () => {
    fc.assert(
      fc.property(arbitraryCalls(), edits, (calls, script) => {
        const events = eventsOf(calls);
        const other = edited(events, script);
        const { differences, same } = diffTraces(traceOf(events), traceOf(other.events));
        expect(sizeOf(differences)).toBeLessThanOrEqual(other.count);
        expect(same).toBe(JSON.stringify(events, wide) === JSON.stringify(other.events, wide));
      }),
      { numRuns: 60 },
    );
  });

  it('leaves nothing out: without what it names, both sides are the same events in the same order', () => {
    fc.assert(
      fc.property(arbitraryCalls(), edits, (calls, script) => {
        const events = eventsOf(calls);
        const other = edited(events, script).events;
        const { differences } = diffTraces(traceOf(events), traceOf(other));
        expect(untouched(events, differences, 'a')).toEqual(untouched(other, differences, 'b'));
      }),
      { numRuns: 60 },
    );
  });

  it('gives the mirror image of the report the other way round', () => {
    fc.assert(
      fc.property(arbitraryCalls(), arbitraryCalls(), edits, fc.boolean(), (calls, others, script, near) => {
        const events = eventsOf(calls);
        const [a, b] = [traceOf(events), traceOf(near ? edited(events, script).events : eventsOf(others))];
        const [there, back] = [diffTraces(a, b), diffTraces(b, a)];
        expect(there.differences).toEqual(back.differences.map(mirrored));
      }),
      { numRuns: 60 },
    );
  });

  it('names as the first stored divergence what a plain comparison finds first', () => {
    fc.assert(
      fc.property(arbitraryCalls(), edits, (calls, script) => {
        const events = eventsOf(calls);
        const other = edited(events, script).events;
        const first = events.findIndex((event, i) => JSON.stringify(event, wide) !== JSON.stringify(other[i], wide));
        const expected = first >= 0 ? first : other.length > events.length ? events.length : undefined;
        expect(firstDivergence(traceOf(events), traceOf(other))).toBe(expected);
      }),
      { numRuns: 30 },
    );
  });
});

const wide = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

describe('a change planted in a long trace', () => {
  const LONG = 40_000;
  const PLACE = 27_000;
  const store = (i: number): BootEvent => ({
    type: 'pte.written',
    table: (0x1000 + (i % 97)) as never,
    index: i % 512,
    before: 0n as Pte,
    after: (BigInt((i * 7919) % 0xffff) * 4096n + 0x163n) as Pte,
  });
  const call = (i: number): BootEvent[] => [
    { type: 'call.entered', fn: 'f', caller: 'g+0x1a/0x80', stack: '', origin: '', text: '', args: [BigInt(i)] },
    { type: 'tlb.page-flushed', vaddr: BigInt(4096 * i) as Vaddr, how: 'invlpg' },
    { type: 'call.returned', fn: 'f', result: BigInt(i) },
  ];
  // Every tenth is a call, so that each kind of event has many like it around.
  const events = Array.from({ length: LONG }, (_, i) => (i % 10 === 0 ? call(i) : [store(i)])).flat();
  const at = events.findIndex((event, i) => i > PLACE && event.type === 'call.entered');
  const before = traceOf(events);
  const found = (after: readonly BootEvent[]): readonly Difference[] => diffTraces(before, traceOf(after)).differences;

  it('is reported alone when it is a value', () => {
    const event = events[at + 3] as BootEvent & { type: 'pte.written' };
    expect(found(events.with(at + 3, { ...event, after: 0x163n as Pte }))).toMatchObject([
      { kind: 'changed', what: 'event', a: { seq: at + 3 }, b: { seq: at + 3 }, fields: [{ name: 'after' }] },
    ]);
  });
  it('is reported alone when it is an event that is missing, or one too many', () => {
    expect(found(events.toSpliced(at + 5, 1))).toMatchObject([{ kind: 'only-a', what: 'event', a: { seq: at + 5 } }]);
    expect(found(events.toSpliced(at + 5, 0, message(1)))).toMatchObject([
      { kind: 'only-b', what: 'event', b: { seq: at + 5 }, rejoin: { a: at + 5, b: at + 6 } },
    ]);
  });
  it('is reported within its call, with the call around it', () => {
    expect(found(events.with(at + 1, { type: 'tlb.page-flushed', vaddr: 1n as Vaddr, how: 'invlpg' }))).toMatchObject([
      {
        kind: 'changed',
        what: 'event',
        a: { seq: at + 1 },
        fields: [{ name: 'vaddr', b: '0x1' }],
        path: [expect.stringMatching(/^f\(/)],
      },
    ]);
  });
  it('is reported alone when it is the argument of a call, or its result', () => {
    const [entered, returned] = [events[at]!, events[at + 2]!];
    expect(found(events.with(at, { ...entered, args: [7n] } as BootEvent))).toMatchObject([
      { kind: 'changed', what: 'call', fields: [{ name: 'args', b: '0x7' }], inside: [] },
    ]);
    expect(found(events.with(at + 2, { ...returned, result: 7n } as BootEvent))).toMatchObject([
      { kind: 'changed', what: 'event', fields: [{ name: 'result', b: '0x7' }] },
    ]);
  });
  it('is reported alone when it is a call that moved', () => {
    const moved = events.slice(at, at + 3);
    const after = events.toSpliced(at, 3).toSpliced(at + 30_0, 0, ...moved);
    expect(found(after)).toMatchObject([{ kind: 'moved', what: 'call', a: { seq: at }, b: { seq: at + 300 } }]);
  });
  it('is not reported when it is where in a function the call stands', () => {
    const entered = { ...events[at]!, caller: 'g+0x2b/0x90' } as BootEvent;
    expect(found(events.with(at, entered))).toEqual([]);
  });
});

describe('what is told not to count', () => {
  const call = (fn: string, inside: BootEvent): BootEvent[] => [
    { type: 'call.entered', fn, caller: '', stack: '', origin: '', text: '', args: [1n] },
    inside,
    { type: 'call.returned', fn, result: 0n },
  ];
  const sized = (slot: number, size: bigint): BootEvent => ({ type: 'slot.sized', slot, before: 0n, after: size });
  const orders = (insides: Readonly<Record<string, BootEvent>>): [MemoryTrace, MemoryTrace] => {
    const names = Object.keys(insides);
    const trace = (order: readonly string[]): MemoryTrace => traceOf(order.flatMap((fn) => call(fn, insides[fn]!)));
    return [trace(names), trace([...names.slice(1), names[0]!])];
  };

  it('lets calls pass that moved past what they have nothing to do with', () => {
    const [a, b] = orders({ f: sized(0, 1n), g: sized(1, 1n), h: sized(2, 1n) });
    expect(diffTraces(a, b).differences).toMatchObject([{ kind: 'moved', what: 'call', a: { seq: 0 }, b: { seq: 6 } }]);
    expect(diffTraces(a, b, { tolerateReorder: true })).toMatchObject({ same: true, tolerated: 1 });
  });
  it('does not let a call pass that moved past a store to the same place', () => {
    const [a, b] = orders({ f: sized(0, 1n), g: sized(0, 2n), h: sized(2, 1n) });
    expect(diffTraces(a, b, { tolerateReorder: true })).toMatchObject({ same: false, tolerated: 0 });
  });
  it('leaves out fields and types', () => {
    const [a, b] = [traceOf([sized(0, 1n), message(1)]), traceOf([sized(0, 2n), message(1)])];
    expect(diffTraces(a, b).same).toBe(false);
    expect(diffTraces(a, b, { ignore: ['after'] }).same).toBe(true);
    expect(diffTraces(a, b, { ignore: ['slot.sized.after'] }).same).toBe(true);
    expect(diffTraces(a, b, { only: [0x62] }).same).toBe(true);
  });
});

describe('a vmalloc area that starts within an entry of the top table', () => {
  const ROOT = 0x2000;
  const FIRST_PAGE = 0x8000;
  /** A top-level entry for each 512 GiB that the area touches, as the kernel makes them beforehand. */
  const preallocated = (first: number, count: number): BootEvent[] => [
    { type: 'table.allocated', table: ROOT as never, level: 'pgd', name: 'init_top_pgt' },
    ...Array.from({ length: count }, (_, i): BootEvent[] => [
      { type: 'table.allocated', table: (FIRST_PAGE + i) as never, level: 'pud', name: '' },
      {
        type: 'pgd.populated',
        table: ROOT as never,
        index: first + i,
        before: 0n as Pte,
        after: (BigInt(FIRST_PAGE + i) * 4096n + 0x67n) as Pte,
      },
    ]).flat(),
  ];
  const moved = profile('linux-6.1', ['page_offset=0xffff888040000000', 'vmalloc_start=0xffffa2ccc0000000']);
  const even = traceOf(preallocated(402, 64));
  const uneven = preallocated(325, 65);

  it('takes one entry more than one that starts with an entry, and that is no difference', () => {
    expect(areEqual(even, traceOf(uneven, moved))).toBe(true);
    expect(areEqual(traceOf(uneven, moved), even)).toBe(true);
  });
  it('lacks an entry where it lacks any other', () => {
    for (const entry of [0, 10, 63])
      expect(areEqual(even, traceOf(uneven.toSpliced(1 + 2 * entry, 2), moved))).toBe(false);
    expect(areEqual(traceOf(preallocated(402, 63)), traceOf(uneven, moved))).toBe(false);
  });
});

describe('calls of unusual size', () => {
  const entered = (fn: string): BootEvent => ({
    type: 'call.entered',
    fn,
    caller: '',
    stack: '',
    origin: '',
    text: '',
    args: [],
  });
  const returned = (fn: string): BootEvent => ({ type: 'call.returned', fn, result: 0n });

  it('tells each difference in a call that holds very many', () => {
    const trace = (step: number): MemoryTrace =>
      traceOf([
        entered('f'),
        ...Array.from({ length: 260_000 }, (_, i) => message(i)).filter((_, i) => i % 2 < step),
        returned('f'),
      ]);
    expect(diffTraces(trace(1), trace(2)).differences).toHaveLength(130_000);
  });
  it('tells calls that are nested without end as two calls', () => {
    const trace = (n: number): MemoryTrace =>
      traceOf([
        ...Array<BootEvent>(3000).fill(entered('f')),
        message(n),
        ...Array<BootEvent>(3000).fill(returned('f')),
      ]);
    expect(diffTraces(trace(1), trace(2)).differences).toMatchObject([
      { kind: 'only-a', what: 'call' },
      { kind: 'only-b', what: 'call' },
    ]);
  });
});
