import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { E820, parseE820Line, printE820Line, profile, profileNames, type E820Entry } from '@kwind/x86';
import type { BootEvent } from '@kwind/events';
import { given } from '@kwind/testkit';
import { e820At, type MachineView } from '@kwind/state';
import type { KernelContext } from '../../../../context.ts';
import { minus } from '../../../../errno.ts';
import { e820RangeAdd, e820RangeRemove, e820RangeUpdate, e820UpdateTable, sanitizeEntries } from '../e820.ts';

const p61 = profile('linux-6.1');

const messages = (then: { readonly facts: readonly BootEvent[] }): string[] =>
  then.facts.flatMap((fact) => (fact.type === 'message.printed' ? [`${fact.level} ${fact.text}`] : []));
const table = (view: MachineView): string[] =>
  view.control.e820.map(({ start, size, type }) => `${start.toString(16)}+${size.toString(16)} ${type}`);

/** Addresses 0 to 63: few enough to look at each. */
const SPACE = 64;
const types = [E820.RAM, E820.RESERVED, E820.ACPI, E820.NVS, E820.PRAM, E820.SOFT_RESERVED];
const anyEntry = fc.record({ start: fc.bigInt(0n, 60n), size: fc.bigInt(0n, 20n), type: fc.constantFrom(...types) });
const anyEntries = fc.array(anyEntry, { maxLength: 12 });

/** The type of each address, by looking at every entry: the largest wins, 0 is a gap. */
const typesOf = (entries: readonly E820Entry[]): number[] =>
  Array.from({ length: SPACE + 20 }, (_, address) =>
    Math.max(
      0,
      ...entries
        .filter(({ start, size }) => BigInt(address) >= start && BigInt(address) < start + size)
        .map((entry) => entry.type),
    ),
  );

describe('sanitising', () => {
  const twoOrMore = anyEntries.filter((entries) => entries.length > 1);

  it('keeps the type of every address and leaves no overlap, no empty entry and no disorder', () => {
    fc.assert(
      fc.property(twoOrMore, (entries) => {
        const made = sanitizeEntries(entries, p61.e820.notMerged, 128)!;
        expect(typesOf(made)).toEqual(typesOf(entries));
        const ends = made.map(({ start, size }) => start + size);
        expect(made.every(({ start, size }, i) => size > 0n && (i === 0 || ends[i - 1]! <= start))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('merges neighbours of one type, but cuts those that are never merged wherever any entry starts or ends', () => {
    fc.assert(
      fc.property(twoOrMore, (entries) => {
        const naive = typesOf(entries);
        const edges = new Set(
          entries
            .filter((entry) => entry.size > 0n)
            .flatMap(({ start, size }) => [Number(start), Number(start + size)]),
        );
        const starts = naive.flatMap((type, address) => {
          const fresh = address === 0 || naive[address - 1] !== type;
          return type !== 0 && (fresh || (p61.e820.notMerged.includes(type) && edges.has(address))) ? [address] : [];
        });
        expect(sanitizeEntries(entries, p61.e820.notMerged, 128)!.map((entry) => Number(entry.start))).toEqual(starts);
      }),
      { numRuns: 2000 },
    );
  });

  it('does nothing to a map of fewer than two entries, or with one that reaches the end of the address space', () => {
    const entry = { start: 0n, size: 0x1000n, type: E820.RAM };
    expect(sanitizeEntries([entry], [], 128)).toBeNull();
    expect(sanitizeEntries([entry, { start: 1n << 63n, size: 1n << 63n, type: E820.RAM }], [], 128)).toBeNull();
    given(p61)
      .with((k) => e820RangeAdd(k, 0n, 0x1000n, E820.RAM))
      .when((k) => e820UpdateTable(k))
      .thenReturns(minus('EPERM'))
      .thenNoFact('e820.replaced');
  });

  it('stops when the table is full', () => {
    const many = Array.from({ length: 10 }, (_, i) => ({ start: BigInt(2 * i), size: 1n, type: E820.RAM }));
    expect(sanitizeEntries(many, [], 4)).toHaveLength(4);
  });

  it('lets NVS beat reserved beat RAM', () => {
    const then = given(p61).when((k) => {
      e820RangeAdd(k, 0x1000n, 0x9000n, E820.RAM);
      e820RangeAdd(k, 0x2000n, 0x4000n, E820.RESERVED);
      e820RangeAdd(k, 0x3000n, 0x1000n, E820.NVS);
      return e820UpdateTable(k);
    });
    expect(table(then.state)).toEqual(['1000+1000 1', '2000+1000 2', '3000+1000 4', '4000+2000 2', '6000+4000 1']);
    expect([e820At(then.state, 0x3fffn)?.text, e820At(then.state, 0xa000n)]).toEqual(['ACPI NVS', undefined]);
  });
});

/** The same on both sides: a table of entries that do not overlap, and one range to change. */
const anyChange = fc.tuple(
  anyEntries.map((entries) =>
    sanitizeEntries(
      [...entries, { start: 70n, size: 1n, type: E820.ACPI }, { start: 72n, size: 1n, type: E820.ACPI }],
      [],
      128,
    )!,
  ),
  fc.nat(60),
  fc.integer({ min: 1, max: 30 }),
  fc.constantFrom(...types),
);

function withTable(k: KernelContext, entries: readonly E820Entry[]): void {
  for (const { start, size, type } of entries) e820RangeAdd(k, start, size, type);
}

describe('changing a range', () => {
  it('gives exactly the addresses of the old type the new one, whatever pieces that makes', () => {
    fc.assert(
      fc.property(anyChange, fc.constantFrom(E820.UNUSABLE, E820.PMEM), ([entries, start, size, old], fresh) => {
        given(p61).when((k) => {
          withTable(k, entries);
          const bytes = e820RangeUpdate(k, BigInt(start), BigInt(size), old, fresh);
          const before = typesOf(entries);
          const after = before.map((type, address) =>
            type === old && address >= start && address < start + size ? fresh : type,
          );
          expect(typesOf(k.view.control.e820.map((entry) => ({ ...entry })))).toEqual(after);
          expect(bytes).toBe(BigInt(after.filter((type, i) => type !== before[i]).length));
        });
      }),
      { numRuns: 400 },
    );
  });

  it('takes exactly the addresses of the type out, or of every type', () => {
    fc.assert(
      fc.property(anyChange, fc.boolean(), ([entries, start, size, old], check) => {
        given(p61).when((k) => {
          withTable(k, entries);
          const bytes = e820RangeRemove(k, BigInt(start), BigInt(size), old, check);
          const before = typesOf(entries);
          const after = before.map((type, address) =>
            (!check || type === old) && address >= start && address < start + size ? 0 : type,
          );
          expect(typesOf(k.view.control.e820.map((entry) => ({ ...entry })))).toEqual(after);
          expect(bytes).toBe(BigInt(after.filter((type, i) => type !== before[i]).length));
        });
      }),
      { numRuns: 400 },
    );
  });

  it('splits an entry that contains the range into three, new ones at the end', () => {
    const then = given(p61).when((k) => {
      e820RangeAdd(k, 0n, 0x9000n, E820.RAM);
      return e820RangeUpdate(k, 0x2000n, 0x1000n, E820.RAM, E820.RESERVED);
    });
    expect(then.result).toBe(0x1000n);
    expect(table(then.state)).toEqual(['0+2000 1', '2000+1000 2', '3000+6000 1']);
    expect(messages(then)).toEqual(['DEBUG e820: update [mem 0x00002000-0x00002fff] usable ==> reserved']);
  });

  it('cuts an entry whose start or end it covers, and adds one entry', () => {
    const then = given(p61).when((k) => {
      e820RangeAdd(k, 0x1000n, 0x4000n, E820.RAM);
      e820RangeUpdate(k, 0x1000n, 0x1000n, E820.RAM, E820.RESERVED);
      e820RangeUpdate(k, 0x4000n, 0x1000n, E820.RAM, E820.NVS);
      e820RangeRemove(k, 0x2000n, 0x1000n, E820.RAM, true);
    });
    expect(table(then.state)).toEqual(['3000+1000 1', '1000+1000 2', '4000+1000 4']);
  });

  it('leaves an empty entry behind, which the next sanitising drops', () => {
    const then = given(p61).when((k) => {
      e820RangeAdd(k, 0n, 0x1000n, E820.RAM);
      e820RangeAdd(k, 0x2000n, 0x1000n, E820.RAM);
      e820RangeRemove(k, 0n, 0x1000n, E820.RAM, true);
      const between = table(k.view);
      e820UpdateTable(k);
      return between;
    });
    expect(then.result).toEqual(['0+0 0', '2000+1000 1']);
    expect(table(then.state)).toEqual(['2000+1000 1']);
  });

  it('says a type only when it checks for one', () => {
    const then = given(p61).when((k) => {
      e820RangeRemove(k, 0xa_0000n, 0x6_0000n, E820.RAM, true);
      e820RangeRemove(k, 0xa_0000n, 0x6_0000n, E820.RAM, false);
    });
    expect(messages(then)).toEqual([
      'DEBUG e820: remove [mem 0x000a0000-0x000fffff] usable',
      'DEBUG e820: remove [mem 0x000a0000-0x000fffff] ',
    ]);
  });

  it('hits a BUG when both types are the same', () => {
    given(p61)
      .when((k) => e820RangeUpdate(k, 0n, 0x1000n, E820.RAM, E820.RAM))
      .thenAmongFacts('bug.raised __e820__range_update');
  });

  it('ends a range that wraps around at the last byte but one', () => {
    given(p61)
      .when((k) => {
        e820RangeAdd(k, 0xffff_ffff_ffff_0000n, 0x8000n, E820.RAM);
        return e820RangeUpdate(k, 0xffff_ffff_ffff_0000n, 0xffff_ffffn, E820.RAM, E820.RESERVED);
      })
      .thenReturns(0x8000n);
  });

  it('of a full table is refused with a message', () => {
    const then = given(p61)
      .with((k) => {
        for (let i = 0; i < p61.e820.maxEntries; i++) e820RangeAdd(k, BigInt(i) << 12n, 0x1000n, E820.RAM);
      })
      .when((k) => e820RangeAdd(k, 0xfee0_0000n, 0x1000n, E820.RESERVED));
    expect(messages(then)).toEqual(['ERR e820: too many entries; ignoring [mem 0xfee00000-0xfee00fff]']);
  });
});

describe('a line of the memory map', () => {
  it('is printed in the words of each kernel', () => {
    const texts = (name: string): string[] =>
      [1, 2, 3, 4, 5, 7, 12, 128, 0xefff_ffff, 99].map((type) =>
        printE820Line(profile(name).e820, 'BIOS-e820', { start: 0x1000n, size: 0x1000n, type }).replace(/^.*\] /, ''),
      );
    const common = ['usable', 'reserved', 'ACPI data', 'ACPI NVS', 'unusable'];
    expect(texts('linux-insides')).toEqual([...common, 'type 7', 'type 12', 'usable', 'type 4026531839', 'type 99']);
    expect(texts('linux-4.4')).toEqual([
      ...common,
      'persistent (type 7)',
      'persistent (type 12)',
      'usable',
      'type 4026531839',
      'type 99',
    ]);
    expect(texts('linux-6.12')).toEqual([
      ...common,
      'persistent (type 7)',
      'persistent (type 12)',
      'usable',
      'soft reserved',
      'type 99',
    ]);
    expect(printE820Line(p61.e820, 'user', { start: 0xfd_0000_0000n, size: 0x3_0000_0000n, type: 2 })).toBe(
      'user: [mem 0x000000fd00000000-0x000000ffffffffff] reserved',
    );
  });

  it('reads back as what was printed, but for the type that prints as usable', () => {
    const entry = fc.record({
      start: fc.bigInt(0n, (1n << 63n) - 1n),
      size: fc.bigInt(1n, 1n << 62n),
      type: fc.oneof(fc.constantFrom(...Object.values(E820)), fc.nat(0xffff_ffff)),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...profileNames),
        fc.constantFrom('BIOS-e820', 'BIOS-e801', 'BIOS-88', 'user', 'extended'),
        entry,
        (name, who, one) => {
          const type = one.type === E820.RESERVED_KERN ? E820.RAM : one.type;
          expect(parseE820Line(printE820Line(profile(name).e820, who, one))).toEqual({ who, ...one, type });
        },
      ),
    );
  });

  it.each([
    'e820: BIOS-provided physical RAM map:',
    'BIOS-e820: [mem 0x2000-0x1000] usable',
    'BIOS-e820: [mem 0x1000-0x2000] ?',
    'e820: update [mem 0x00000000-0x00000fff] usable ==> reserved',
  ])('is not: %s', (text) => {
    expect(parseE820Line(text)).toBeUndefined();
  });
});
