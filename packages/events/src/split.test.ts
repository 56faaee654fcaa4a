import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ToolError, type Pte, type Vaddr } from '@kwind/x86';
import { BatchBuilder, encodeBatch, toEvent, type BootEvent, type EventBatch } from './index.ts';
import {
  decodeSplit,
  decodeSplitStores,
  decodeStores,
  rawOf,
  RowDecoder,
  splitBatch,
  type SplitPieces,
} from './raw.ts';

function batchOf(events: readonly BootEvent[]): EventBatch {
  const builder = new BatchBuilder();
  for (const event of events) builder.append(event);
  return builder.freeze();
}

/** As a store keeps it: the views of splitBatch() are good until the next. */
function piecesOf(batch: EventBatch): { readonly front: Uint8Array; readonly back: Uint8Array } {
  const { front, back } = splitBatch(batch);
  return { front: front.slice(), back: back.slice() };
}

const again = (batch: EventBatch): EventBatch => {
  const { front, back } = piecesOf(batch);
  return decodeSplit(front, back, batch.firstSeq);
};

/** Stores as boots make them: in runs, back and forth, with jumps, and any at all. */
const word = fc.oneof(fc.constant(0n), fc.constant(0x163n), fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }));
const someStores = fc
  .record({
    type: fc.constantFrom('pte.written' as const, 'pmd.written' as const),
    table: fc.oneof(fc.nat(3), fc.nat(2 ** 40)),
    index: fc.nat(511),
    before: word,
    after: word,
    count: fc.nat(6),
    step: fc.constantFrom(0n, 0x1000n, 0x20_0000n, -0x1000n),
    stride: fc.constantFrom(0, 1, 2, -1, 40),
    goesBack: fc.boolean(),
  })
  .map(({ type, table, index, before, after, count, step, stride, goesBack }) =>
    Array.from({ length: count }, (_, i): BootEvent => {
      const swaps = goesBack && i % 2 === 1;
      const on = (value: bigint): Pte => BigInt.asUintN(64, value === 0n ? 0n : value + BigInt(i) * step) as Pte;
      return {
        type,
        table: table as never,
        index: goesBack ? index : (index + i * stride) & 511,
        before: goesBack ? ((swaps ? after : before) as Pte) : on(before),
        after: goesBack ? ((swaps ? before : after) as Pte) : on(after),
      };
    }),
  );
const call = fc.record({
  type: fc.constant('call.entered' as const),
  fn: fc.constantFrom('set_pte', 'memcpy'),
  caller: fc.constantFrom('', 'boot+0x07', 'boot+0x1f'),
  stack: fc.constant(''),
  origin: fc.oneof(
    fc.nat(2000).map((n) => `log:${n}`),
    fc.constantFrom('log:007', 'é:12', '3', '00', '', 'log:999999999999999999', 'log:4294967296'),
  ),
  text: fc.constant(''),
  args: fc.array(word, { maxLength: 3 }),
});
/** Events with texts, with a list, with neither. */
const other: fc.Arbitrary<BootEvent> = fc.oneof(
  fc.record({ type: fc.constant('phase.entered' as const), name: fc.string({ unit: 'binary' }) }),
  fc.record({
    type: fc.constant('table.allocated' as const),
    table: fc.nat(3) as fc.Arbitrary<never>,
    level: fc.constant('pte' as const),
    name: fc.constantFrom('', 'bm_pte'),
  }),
  fc.record({
    type: fc.constant('e820.replaced' as const),
    before: fc.nat(9),
    entries: fc.array(word, { maxLength: 6 }),
  }),
  fc.record({
    type: fc.constant('tlb.page-flushed' as const),
    vaddr: word as fc.Arbitrary<Vaddr>,
    how: fc.constant('invlpg' as const),
  }),
  fc.record({ type: fc.constant('call.returned' as const), fn: fc.constantFrom('set_pte', 'memcpy'), result: word }),
);
const boot = fc
  .array(fc.oneof(someStores, fc.array(fc.oneof(other, call), { maxLength: 4 })), {
    maxLength: 30,
  })
  .map((pieces) => pieces.flat());

describe('a batch in two pieces', () => {
  it('is the same batch again, to every byte of its identity', () => {
    fc.assert(
      fc.property(boot, (events) => {
        const batch = batchOf(events);
        const copy = again(batch);
        expect([...copy].map(toEvent)).toEqual([...batch].map(toEvent));
        expect(encodeBatch(copy)).toEqual(encodeBatch(batch));
        expect(encodeBatch(batch)).toEqual(new Uint8Array(splitBatch(batch).columns));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps a text with a byte order mark before it', () => {
    const events: BootEvent[] = [{ type: 'phase.entered', name: '\ufeffone' }];
    expect([...again(batchOf(events))].map(toEvent)).toEqual(events);
  });

  it('is far shorter in front than in columns where a boot maps and unmaps the same entry', () => {
    const events = Array.from({ length: 4096 }, (_, i): BootEvent => {
      const entry = BigInt(0x163 + 0x1000 * (i >> 3)) as Pte;
      const [before, after] = i % 2 === 0 ? [0n as Pte, entry] : [entry, 0n as Pte];
      return { type: 'pte.written', table: 7 as never, index: 5, before, after };
    });
    const { front, columns } = splitBatch(batchOf(events));
    expect(10 * front.length).toBeLessThan(columns.length);
  });

  it('gives a fold all rows but the words of calls, and the whole batch to who asks for them', () => {
    fc.assert(
      fc.property(boot, (events) => {
        const batch = batchOf(events);
        const { front, back } = piecesOf(batch);
        let unpacked = 0;
        const pieces: SplitPieces = {
          front,
          back: () => (unpacked++, back),
          whole: () => (unpacked++, decodeSplit(front, back, 0)),
        };
        const raw = new RowDecoder().decodeSplit(pieces, { stores: false, calls: true });
        expect(unpacked).toBe(0);
        const wanted = rawOf(batch);
        expect([...raw.codes]).toEqual([...wanted.codes]);
        for (const [i, event] of [...batch].entries()) {
          if (event.type.startsWith('call.')) continue;
          const length = wanted.offsets[i + 1]! - wanted.offsets[i]!;
          const words = raw.words.slice(raw.offsets[i], raw.offsets[i]! + length);
          expect(Array.from(words)).toEqual(Array.from(wanted.words.slice(wanted.offsets[i], wanted.offsets[i + 1])));
          if (event.type === 'phase.entered') expect(raw.strings.at(words[0]!)).toBe(event.name);
        }
        expect(unpacked).toBe(0);
        expect([...raw.whole!()].map(toEvent)).toEqual([...batch].map(toEvent));
      }),
      { numRuns: 100 },
    );
  });

  it('gives the stores to one table alone and where it is made, as the whole batch has them', () => {
    fc.assert(
      fc.property(boot, fc.nat(3), (events, table) => {
        const batch = batchOf(events);
        const found = decodeSplitStores(piecesOf(batch).front, 0, table);
        const own = [...batch].filter((event) => 'table' in event && event.table === table);
        const made = own.flatMap((event) =>
          event.type === 'table.allocated' ? [{ index: event.seq, level: event.level, name: event.name }] : [],
        );
        expect(found.made).toEqual(made);
        expect(decodeStores(encodeBatch(batch), 0, table)?.made).toEqual(made);
        const { offsets, words } = rawOf(batch);
        const wanted = own
          .filter((event) => 'after' in event && 'index' in event)
          .flatMap(({ seq }) => [seq, ...words.slice(offsets[seq]! + 2, offsets[seq]! + 7)]);
        expect([...found.words]).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });

  it('answers damaged bytes with a ToolError and nothing else', () => {
    const batch = batchOf([
      { type: 'call.entered', fn: 'early_ioremap', caller: '', stack: '', origin: 'x:1', text: '', args: [1n, 2n] },
      { type: 'pte.written', table: 5 as never, index: 3, before: 0n as Pte, after: 1n as Pte },
      { type: 'pte.written', table: 5 as never, index: 4, before: 0n as Pte, after: 0x1001n as Pte },
      { type: 'pte.written', table: 5 as never, index: 4, before: 0x1001n as Pte, after: 0n as Pte },
      { type: 'call.returned', fn: 'early_ioremap', result: 7n },
      { type: 'call.entered', fn: 'early_ioremap', caller: '', stack: '', origin: 'x:2', text: '', args: [1n, 2n] },
      { type: 'tlb.page-flushed', vaddr: 0x1000n as Vaddr, how: 'invlpg' },
      { type: 'call.returned', fn: 'early_ioremap', result: 7n },
      { type: 'table.allocated', table: 9 as never, level: 'pte', name: 'bm_pte' },
    ]);
    const pieces = piecesOf(batch);
    const damage = fc.record({ isFront: fc.boolean(), at: fc.nat(), value: fc.nat(255), length: fc.nat() });
    fc.assert(
      fc.property(damage, ({ isFront, at, value, length }) => {
        const { front, back } = pieces;
        const bytes = isFront ? front : back;
        const damaged = bytes.slice(0, bytes.length - (length % 3 === 0 ? length % bytes.length : 0));
        damaged[at % bytes.length] = value;
        const [a, b] = isFront ? [damaged, back] : [front, damaged];
        for (const read of [
          () => [...decodeSplit(a, b, 0)].map(toEvent),
          () => decodeSplitStores(a, 0, 5),
          () => new RowDecoder().decodeSplit(lazily(a, b), { stores: true, calls: true }),
        ])
          expect(codeOf(read)).toMatch(/^(none|event\/corrupt)$/);
      }),
      { numRuns: 4000 },
    );
  });
});

const lazily = (front: Uint8Array, back: Uint8Array): SplitPieces => ({
  front,
  back: () => back,
  whole: () => decodeSplit(front, back, 0),
});

function codeOf(read: () => unknown): string {
  try {
    read();
    return 'none';
  } catch (error) {
    return error instanceof ToolError ? error.code : String(error);
  }
}
