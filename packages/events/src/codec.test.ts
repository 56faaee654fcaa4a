import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ToolError, type Pte, type Vaddr } from '@kwind/x86';
import {
  BatchBuilder,
  canonicalBytes,
  catalog,
  decodeBatch,
  encodeBatch,
  eventFromJson,
  eventToJson,
  toEvent,
  type BootEvent,
  type EventSpec,
  type FieldKind,
} from './index.ts';
import { decodeStores } from './raw.ts';

const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const values: Record<FieldKind, fc.Arbitrary<unknown>> = {
  u16: fc.nat(0xffff),
  u32: fc.nat(0xffff_ffff),
  bool: fc.boolean(),
  str: fc.string({ unit: 'binary' }),
  u64,
  vaddr: u64,
  phys: u64,
  pte: u64,
  pfn: fc.nat(2 ** 40),
  list: fc.array(u64, { maxLength: 6 }),
};

const eventOf = (spec: EventSpec): fc.Arbitrary<BootEvent> =>
  fc.record({
    type: fc.constant(spec.type),
    ...Object.fromEntries(Object.entries(spec.fields).map(([name, kind]) => [name, values[kind]])),
  }) as unknown as fc.Arbitrary<BootEvent>;
const anyEvent = fc.oneof(...catalog.map((spec) => eventOf(spec)));

function batchOf(events: readonly BootEvent[]): ReturnType<BatchBuilder['freeze']> {
  const builder = new BatchBuilder();
  for (const event of events) builder.append(event);
  return builder.freeze();
}

describe('a batch of events', () => {
  for (const spec of catalog) {
    it(`gives back every field of ${spec.type}`, () => {
      fc.assert(
        fc.property(fc.array(eventOf(spec), { minLength: 1, maxLength: 20 }), (events) => {
          const batch = batchOf(events);
          expect([...batch].map(toEvent)).toEqual(events);
        }),
        { numRuns: 20 },
      );
    });
  }

  it('survives encoding and decoding with every byte of its identity', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        const batch = batchOf(events);
        const copy = decodeBatch(encodeBatch(batch), batch.firstSeq);
        expect(canonicalBytes(copy)).toEqual(canonicalBytes(batch));
        expect([...copy].map(toEvent)).toEqual(events);
      }),
      { numRuns: 200 },
    );
  });

  it('gives the stores to one table alone, as the whole batch has them', () => {
    const store = fc.record({
      table: fc.nat(3),
      index: fc.nat(20),
      level: fc.nat(1),
      after: fc.nat(5),
      other: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(store, { maxLength: 80 }), fc.nat(3), (stores, table) => {
        const batch = batchOf(
          stores.flatMap(({ table: frame, index, level, after, other }): BootEvent[] => [
            {
              type: level === 0 ? 'pte.written' : 'pmd.written',
              table: (frame * 0x1_0000_0007) as never,
              index,
              before: 0n as Pte,
              after: BigInt(after) as Pte,
            },
            ...(other ? [{ type: 'tlb.page-flushed', vaddr: 0x1000n as Vaddr, how: 'invlpg' } as const] : []),
          ]),
        );
        const wanted = [...batch].flatMap((event) =>
          'table' in event && event.table === table * 0x1_0000_0007 && 'after' in event
            ? [event.seq, (event as { index: number }).index, 0, 0, Number(event.after), 0]
            : [],
        );
        expect([...decodeStores(encodeBatch(batch), 0, table * 0x1_0000_0007)!.words]).toEqual(wanted);
      }),
      { numRuns: 200 },
    );
  });

  it('survives a trip through JSON text', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 20 }), (events) => {
        const lines = [...batchOf(events)].map((event) => JSON.stringify(eventToJson(event)));
        expect(lines.map((line) => eventFromJson(JSON.parse(line)))).toEqual(events);
      }),
      { numRuns: 200 },
    );
  });

  it('answers damaged bytes with a ToolError and nothing else', () => {
    const bytes = encodeBatch(
      batchOf([
        { type: 'call.entered', fn: 'early_ioremap', caller: '', stack: '', origin: 'x:1', text: '', args: [1n, 2n] },
        { type: 'pte.written', table: 5 as never, index: 3, before: 0n as Pte, after: 1n as Pte },
        { type: 'call.returned', fn: 'early_ioremap', result: 7n },
      ]),
    );
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, value, length) => {
        const damaged = bytes.slice(0, length);
        if (at < length) damaged[at] = value;
        try {
          for (const event of decodeBatch(damaged, 0)) eventToJson(event);
        } catch (error) {
          expect(error).toBeInstanceOf(ToolError);
          expect((error as ToolError).code).toBe('event/corrupt');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('cannot be changed through the events that it hands out', () => {
    const event = batchOf([{ type: 'tlb.page-flushed', vaddr: 0x1000n as Vaddr, how: 'invlpg' }]).at(0);
    expect(() => Object.assign(event, { vaddr: 0n })).toThrow(TypeError);
    expect(event).toMatchObject({ vaddr: 0x1000n });
  });
});

describe('causes', () => {
  const call = (fn: string): BootEvent => ({
    type: 'call.entered',
    fn,
    caller: '',
    stack: '',
    origin: '',
    text: '',
    args: [],
  });
  const back = (fn: string): BootEvent => ({ type: 'call.returned', fn, result: 0n });
  const flush: BootEvent = { type: 'tlb.page-flushed', vaddr: 0n as Vaddr, how: 'invlpg' };

  it('name the innermost open call, and a return its own call', () => {
    const batch = batchOf([
      flush,
      call('outer'),
      flush,
      call('inner'),
      flush,
      back('inner'),
      flush,
      back('outer'),
      flush,
    ]);
    expect([...batch].map((e) => e.cause)).toEqual([-1, -1, 1, 1, 3, 3, 1, 1, -1]);
    expect([...batch].map((e) => e.depth)).toEqual([0, 0, 1, 1, 2, 1, 1, 0, 0]);
  });

  it('reach over the edge of a batch', () => {
    const builder = new BatchBuilder();
    builder.append(call('outer'));
    builder.freeze();
    builder.append(flush);
    builder.append(back('outer'));
    const second = builder.freeze();
    expect([...second].map((e) => [e.seq, e.cause, e.depth])).toEqual([
      [1, 0, 1],
      [2, 0, 0],
    ]);
    expect(decodeBatch(encodeBatch(second), 1).at(0).cause).toBe(0);
  });
});

describe('an event as JSON', () => {
  it('shows every 64-bit quantity as a hex string and a table by its physical address', () => {
    const batch = batchOf([
      {
        type: 'pte.written',
        table: 0x32b5 as never,
        index: 0,
        before: 0n as Pte,
        after: 0x8000_0000_000f_0163n as Pte,
      },
    ]);
    expect(eventToJson(batch.at(0))).toEqual({
      seq: 0,
      type: 'pte.written',
      table: '0x32b5000',
      index: 0,
      before: '0x0',
      after: '0x80000000000f0163',
      cause: null,
      depth: 0,
    });
  });

  it('is refused with the name of the field that is wrong', () => {
    expect(() =>
      eventFromJson({ type: 'pte.written', table: '0x32b5001', index: 0, before: '0x0', after: '0x1' }),
    ).toThrow(/"table"/);
    expect(() => eventFromJson({ type: 'tlb.page-flushed', vaddr: 4096, how: 'invlpg' })).toThrow(/"vaddr"/);
    expect(() => eventFromJson({ type: 'no.such' })).toThrow(expect.objectContaining({ code: 'event/unknown-type' }));
  });
});
