import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profile, type Pte } from '@kwind/x86';
import { BatchBuilder, type BootEvent } from '@kwind/events';
import { compareStates, initialState, reduce, type MachineState } from './index.ts';

const linux = profile('linux-6.1');
const TABLES = [3, 4, 5];
const INDICES = [0, 1, 15, 16, 31, 32, 255, 496, 511];

/** A state, and what each page of it should hold: at index 512 whether it was allocated, for an empty page. */
interface Kept {
  readonly state: MachineState;
  readonly pages: ReadonlyMap<number, ReadonlyMap<number, bigint>>;
}

/** From which of the states made so far to go on, and what happens then: stores, or `undefined` for a table that is made anew. */
const steps = fc.array(
  fc.record({
    from: fc.nat(),
    facts: fc.array(
      fc.record({
        table: fc.constantFrom(...TABLES),
        index: fc.option(fc.constantFrom(...INDICES), { freq: 9, nil: undefined }),
        after: fc.constantFrom(0n, 1n, 0xffff_ffffn, 0x8000_0000_0000_0163n, 2n ** 64n - 1n),
      }),
      { maxLength: 12 },
    ),
  }),
  { minLength: 1, maxLength: 24 },
);

function goOn(
  { state, pages }: Kept,
  facts: readonly { table: number; index: number | undefined; after: bigint }[],
): Kept {
  const next = new Map([...pages].map(([table, entries]) => [table, new Map(entries)]));
  const builder = new BatchBuilder(state.position);
  for (const { table, index, after } of facts) {
    const entries = next.get(table) ?? new Map<number, bigint>();
    next.set(table, entries);
    if (index === undefined) entries.clear();
    const before = index === undefined ? 0n : (entries.get(index) ?? 0n);
    builder.append(
      (index === undefined
        ? { type: 'table.allocated', table, level: 'pte', name: '' }
        : { type: 'pte.written', table, index, before: before as Pte, after: after as Pte }) as BootEvent,
    );
    if (index !== undefined) entries.set(index, after);
  }
  return { state: facts.length === 0 ? state : reduce(state, builder.freeze()), pages: next };
}

function expectPages({ state, pages }: Kept): void {
  expect([...state.pages.tables()].sort()).toEqual([...pages.keys()].sort());
  for (const table of TABLES) {
    const image = state.pages.imageOf(table);
    for (let index = 0; index < 512; index++) {
      const value = pages.get(table)?.get(index) ?? 0n;
      if (state.pages.entry(table, index) !== value) expect(state.pages.entry(table, index)).toBe(value);
      const inImage = BigInt(image[2 * index]!) | (BigInt(image[2 * index + 1]!) << 32n);
      if (inImage !== value) expect(inImage).toBe(value);
    }
  }
}

describe('the pages of a state', () => {
  it('stay as they were, however many histories go on from it', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const kept: Kept[] = [{ state: initialState(linux), pages: new Map() }];
        for (const { from, facts } of history) kept.push(goOn(kept[from % kept.length]!, facts));
        for (const one of kept) expectPages(one);
      }),
      { numRuns: 100 },
    );
  });

  it('are equal to those of a state that came there on another road', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const start: Kept = { state: initialState(linux), pages: new Map() };
        const stepwise = history.reduce((kept, { facts }) => goOn(kept, facts), start);
        const atOnce = goOn(
          start,
          history.flatMap(({ facts }) => facts),
        );
        expect(compareStates(stepwise.state, atOnce.state)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});
