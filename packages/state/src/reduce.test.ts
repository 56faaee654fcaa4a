import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profile, ToolError, type Pte, type Vaddr } from '@kwind/x86';
import { BatchBuilder, type BootEvent, type EventBatch } from '@kwind/events';
import {
  compareStates,
  decodeState,
  encodeState,
  initialState,
  reduce,
  stateHash,
  type MachineState,
} from './index.ts';

const linux = profile('linux-6.1');

/** Random facts whose old values fit: stores to four tables, slots, flushes, calls, registers. */
const anyFacts = fc
  .array(fc.tuple(fc.nat(9), fc.nat(3), fc.nat(511), fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })), {
    maxLength: 120,
  })
  .map((steps) => {
    const entries = new Map<string, bigint>();
    let open = 0;
    return steps.map(([kind, table, index, value]): BootEvent => {
      const key = `${table}/${index}`;
      const before = entries.get(key) ?? 0n;
      switch (kind) {
        case 0:
          return { type: 'slot.based', slot: table, vaddr: value as Vaddr };
        case 1:
          return { type: 'slot.claimed', slot: table, vaddr: value as Vaddr, phys: value, size: 1n, pages: 1 };
        case 2:
          return { type: 'slot.released', slot: table, vaddr: value as Vaddr, pages: 1 };
        case 3:
          return {
            type: 'tlb.filled',
            vaddr: (value & ~0xfffn) as Vaddr,
            phys: 0x1000n as never,
            size: 0x1000n,
            prot: 0x163n as Pte,
          };
        case 4:
          return { type: 'tlb.page-flushed', vaddr: value as Vaddr, how: 'invlpg' };
        case 5:
          open++;
          return { type: 'call.entered', fn: 'f', caller: 'c', stack: '', origin: 'o', text: '', args: [value] };
        case 6:
          if (open === 0) return { type: 'phase.entered', name: `p${index}` };
          open--;
          return { type: 'call.returned', fn: 'f', result: value };
        case 7:
          return { type: 'variable.set', name: `v${table}`, before: 0n, after: value };
        default:
          entries.set(key, value);
          return {
            type: 'pte.written',
            table: (table + 0x1000) as never,
            index,
            before: before as Pte,
            after: value as Pte,
          };
      }
    });
  });

function batches(facts: readonly BootEvent[], cuts: readonly number[]): EventBatch[] {
  const builder = new BatchBuilder();
  const out: EventBatch[] = [];
  facts.forEach((fact, i) => {
    if (i > 0 && cuts.includes(i)) out.push(builder.freeze());
    builder.append(fact);
  });
  return builder.length > 0 ? [...out, builder.freeze()] : out;
}

const fold = (list: readonly EventBatch[]): MachineState =>
  list.reduce((state, batch) => reduce(state, batch), initialState(linux));

describe('the reducer', () => {
  it('gives the same machine however the events are cut into batches', () => {
    fc.assert(
      fc.property(anyFacts, fc.array(fc.nat(119)), (facts, cuts) => {
        expect(stateHash(fold(batches(facts, cuts)))).toBe(stateHash(fold(batches(facts, []))));
      }),
    );
  });

  it('gives the same machine whether a batch is applied at once or event by event', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        let single = initialState(linux);
        for (const batch of batches(facts, []))
          for (let i = 0; i < batch.length; i++) single = reduce(single, batch, i, i + 1);
        expect(stateHash(single)).toBe(stateHash(fold(batches(facts, []))));
      }),
      { numRuns: 50 },
    );
  });

  it('leaves the state it starts from as it was, and shares the pages that did not change', () => {
    const [first, second] = batches(
      [
        { type: 'pte.written', table: 1 as never, index: 0, before: 0n as Pte, after: 1n as Pte },
        { type: 'pte.written', table: 2 as never, index: 0, before: 0n as Pte, after: 2n as Pte },
        { type: 'pte.written', table: 1 as never, index: 0, before: 1n as Pte, after: 3n as Pte },
      ],
      [2],
    );
    const before = reduce(initialState(linux), first!);
    const hash = stateHash(before);
    const after = reduce(before, second!);
    expect(stateHash(before)).toBe(hash);
    expect([before.pages.entry(1, 0), after.pages.entry(1, 0)]).toEqual([1n, 3n]);
    expect([after.pages.sharesPage(before.pages, 1), after.pages.sharesPage(before.pages, 2)]).toEqual([false, true]);
    expect(after.control).toBe(before.control);
  });

  it('refuses an event whose old value is not what the machine holds, and names it', () => {
    const [batch] = batches(
      [{ type: 'pte.written', table: 1 as never, index: 7, before: 5n as Pte, after: 1n as Pte }],
      [],
    );
    expect(() => reduce(initialState(linux), batch!)).toThrow(ToolError);
    expect(() => reduce(initialState(linux), batch!)).toThrow(
      /event 0 .* entry 7 of table 0x1000 held 0x5, but it holds 0x0/,
    );
  });

  it('refuses a batch that does not join the state', () => {
    const [, second] = batches(
      [
        { type: 'phase.entered', name: 'a' },
        { type: 'phase.entered', name: 'b' },
      ],
      [1],
    );
    expect(() => reduce(initialState(linux), second!)).toThrow(expect.objectContaining({ code: 'internal/invariant' }));
  });
});

describe('a machine state', () => {
  it('comes back from its bytes as the same machine', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const state = fold(batches(facts, []));
        const copy = decodeState(encodeState(state), linux);
        expect(stateHash(copy)).toBe(stateHash(state));
        expect(compareStates(copy, state)).toEqual([]);
      }),
    );
  });

  it('has nothing that can be changed', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        expect(mutableParts(fold(batches(facts, [])), new Set())).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('differs from another exactly where a fact changed it', () => {
    const [batch] = batches(
      [
        { type: 'pte.written', table: 9 as never, index: 3, before: 0n as Pte, after: 0x163n as Pte },
        { type: 'variable.set', name: 'system_state', before: 0n, after: 3n },
      ],
      [],
    );
    const differences = compareStates(initialState(linux), reduce(initialState(linux), batch!));
    expect(differences).toEqual([
      { path: 'variables.system_state', a: undefined, b: 3n },
      { path: 'entry', table: 9, index: 3, a: 0n, b: 0x163n },
    ]);
  });
});

/** Paths of objects reachable from `value` that are not frozen; a PageStore keeps its pages private and has no setter. */
function mutableParts(value: unknown, seen: Set<unknown>, path = 'state'): string[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  const isPageStore = value.constructor?.name === 'PageStore';
  const own = Object.isFrozen(value) || (isPageStore && Object.keys(value).length === 0) ? [] : [path];
  return [...own, ...Object.entries(value).flatMap(([key, inner]) => mutableParts(inner, seen, `${path}.${key}`))];
}
