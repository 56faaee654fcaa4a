import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ToolError } from '@kwind/x86';
import type { CaptureCall } from '@kwind/events';
import { captureFacts } from './facts.ts';
import { everyCall, parseCapture } from './parse.ts';
import { shownPlaces, symbolNotes } from './places.ts';

const text = (...records: readonly object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const read = (...records: readonly object[]) => parseCapture(text(...records), { name: 'c.jsonl' });
const shape = (calls: readonly CaptureCall[]): unknown[] =>
  calls.map(({ fn, inner }) => (inner.length === 0 ? fn : [fn, ...shape(inner)]));
const codeOf = (source: string): string | undefined => {
  try {
    parseCapture(source, { name: 'c.jsonl' });
    return undefined;
  } catch (error) {
    if (error instanceof ToolError) return `${error.code}: ${error.message}`;
    throw error;
  }
};

describe('a capture', () => {
  it('is a tree by its return records', () => {
    const { calls } = read(
      { n: 0, f: '__early_ioremap', a: ['f0000', '10', '163'], s: ['x+0x1'] },
      { n: 1, f: '__early_set_fixmap', a: ['5ff', 'f0000', '163'], s: ['__early_ioremap+0xf2', 'x+0x1'] },
      { n: 2, f: 'ret:__early_ioremap', of: 0, r: 'ffffffffff200000' },
      { n: 3, f: 'free_initmem', a: [], s: [] },
    );
    expect(shape(calls)).toEqual([['__early_ioremap', '__early_set_fixmap'], 'free_initmem']);
    expect(calls[0]).toMatchObject({
      end: 'returned',
      result: 0xffff_ffff_ff20_0000n,
      origin: 'c.jsonl:1',
      lastRecord: 2,
    });
  });

  it('ends a call without a return where the stack no longer shows it', () => {
    const { calls } = read(
      { n: 0, f: 'native_set_fixmap', a: ['202', 'fee00000', '17b'], s: ['who+0x4'] },
      {
        n: 1,
        f: 'native_set_pte',
        a: ['ffff888000001000', '1'],
        s: ['set_pte_vaddr+0x4', 'native_set_fixmap+0x9', 'who+0x4'],
      },
      { n: 2, f: 'native_set_pte', a: ['ffff888000001000', '0'], s: ['other+0x4', 'who+0x8'] },
    );
    expect(shape(calls)).toEqual([['native_set_fixmap', 'native_set_pte'], 'native_set_pte']);
    expect(calls[0]!.end).toBe('inferred');
  });

  it('does not take the next initcall for a part of the one before, though both return to the same place', () => {
    const loop = ['do_one_initcall+0x59', 'kernel_init_freeable+0x21e'];
    const { calls } = read(
      { n: 0, f: 'check_early_ioremap_leak', a: [], s: loop },
      { n: 1, f: 'insert_resource', a: ['1', '2'], s: ['pci_mmcfg_late_insert_resources+0x3d', ...loop] },
      { n: 2, f: 'iounmap', a: ['ffffc90000005000'], s: loop },
      { n: 3, f: 'native_set_pte', a: ['ffff888000001000', '0'], s: ['iounmap+0x9', ...loop] },
      { n: 4, f: 'request_resource', a: ['1', '2'], s: ['late+0x3d', ...loop] },
    );
    expect(shape(calls)).toEqual([
      'check_early_ioremap_leak',
      'insert_resource',
      ['iounmap', 'native_set_pte'],
      'request_resource',
    ]);
  });

  it('counts what a function jumps to at its end as inside, and its next call from the same place as another', () => {
    const set = (n: number) => ({ n, f: '__early_set_fixmap', a: ['5ff', '0', '0'], s: ['__early_ioremap+0xf2'] });
    const flush = {
      n: 1,
      f: 'native_flush_tlb_one_user',
      a: ['ffffffffff200000'],
      s: ['flush_tlb_one_kernel+0xb', '__early_ioremap+0xf2'],
    };
    expect(shape(read(set(0), flush, set(2)).calls)).toEqual([
      ['__early_set_fixmap', 'native_flush_tlb_one_user'],
      '__early_set_fixmap',
    ]);
  });

  it('leaves what another CPU does outside a call that has not returned', () => {
    const { calls } = read(
      { n: 0, f: '__ioremap_caller', a: ['1', '2', '3'], s: ['driver+0x1', 'init+0x1'] },
      { n: 1, f: 'native_set_pte', a: ['ffff888000001000', '1'], s: ['elsewhere+0x4'] },
      { n: 2, f: 'ret:__ioremap_caller', of: 0, r: '0' },
    );
    expect(shape(calls)).toEqual(['__ioremap_caller', 'native_set_pte']);
  });

  it('keeps functions that it does not know, and counts them', () => {
    const capture = read({ n: 0, f: 'mystery', a: ['1'], s: [] }, { n: 1, f: 'mystery', a: ['2'], s: [] });
    expect(capture.unknown).toEqual([{ fn: 'mystery', calls: 2 }]);
    expect([...captureFacts(capture)].map(({ kind }) => kind)).toEqual([
      'call-entered',
      'call-left',
      'call-entered',
      'call-left',
    ]);
  });

  it('gives a call that the tracer made return at once no effect', () => {
    const capture = read(
      { n: 0, f: 'native_flush_tlb_one_user', a: ['ffffffffff200000'], s: [] },
      { n: 1, f: 'injected:skip', of: 0 },
    );
    expect(capture.calls[0]!.end).toBe('skipped');
    expect([...captureFacts(capture)].map(({ kind }) => kind)).not.toContain('page-flushed');
    expect(capture.notes).toMatchObject([{ kind: 'skipped', n: 0 }]);
  });

  it.each([
    ['no JSON', '{"n":0,"f":"a"}\nnonsense\n{"n":1,"f":"b"}\n', 'c.jsonl:2'],
    ['no function', '{"n":0}\n', 'c.jsonl:1'],
    ['a number that is none', '{"n":0,"f":"a","a":["xyz"]}\n', 'c.jsonl:1'],
    ['more than 64 bits', '{"n":0,"f":"a","a":["11111111111111111"]}\n', 'c.jsonl:1'],
    ['a return of nothing', '{"n":0,"f":"ret:a"}\n', 'c.jsonl:1'],
    ['a list that is none', '{"n":0,"f":"a","s":"x"}\n', 'c.jsonl:1'],
    ['a resource without bounds', '{"n":0,"f":"a","res":[{"p":"1"}]}\n', 'c.jsonl:1'],
  ])('is refused with its line for %s', (_, source, place) => {
    expect(codeOf(source)).toMatch(/^import\/format/);
    expect(codeOf(source)).toContain(place);
  });

  it('is refused when it is empty', () => expect(codeOf('\n\n')).toMatch(/^import\/nothing-found/));

  it('says that its last line was cut off, that records are missing, out of order or without keys', () => {
    const kinds = (source: string): string[] => parseCapture(source, { name: 'c' }).notes.map(({ kind }) => kind);
    expect(kinds(`${text({ n: 0, f: 'a', a: [], s: [] })}{"n":1,"f":"na`)).toEqual(['cut']);
    expect(kinds(text({ n: 0, f: 'a', a: [], s: [] }, { n: 3, f: 'a', a: [], s: [] }))).toEqual(['lost-records']);
    expect(kinds(text({ n: 0, f: 'a', a: [], s: [] }, { n: 0, f: 'a', a: [], s: [] }))).toEqual(['order']);
    expect(kinds(text({ f: 'a' }))).toEqual(['missing-key']);
    expect(kinds(text({ n: 0, f: 'ret:a', of: 7, r: '0' }))).toEqual(['return-without-call']);
  });

  it('never fails but with a ToolError, and its facts nest', () => {
    const word = fc.constantFrom(
      '__early_ioremap',
      'early_iounmap',
      'native_set_pte',
      'native_set_p4d',
      'request_resource',
      '__ioremap_caller',
      'ioremap_page_range',
      'ret:__early_ioremap',
      'injected:skip',
      'setup_arch',
      'x',
      'ret:',
      '',
    );
    const value = fc.oneof(
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((n) => n.toString(16)),
      fc.constantFrom('zz', '', '0x1'),
      fc.integer(),
    );
    const record = fc.record(
      {
        n: fc.nat(40),
        f: word,
        a: fc.array(value, { maxLength: 5 }),
        s: fc.array(fc.constantFrom('a+0x1', 'b+0x2', 'setup_arch+0x3', '__early_ioremap+0xf2', ''), { maxLength: 6 }),
        of: fc.nat(40),
        r: value,
      },
      { requiredKeys: ['f'] },
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            { weight: 9, arbitrary: record.map((line) => JSON.stringify(line)) },
            { weight: 1, arbitrary: fc.string() },
          ),
        ),
        (lines) => {
          const source = lines.join('\n');
          if (codeOf(source) !== undefined) return;
          const capture = parseCapture(source, { name: 'f' });
          let depth = 0;
          for (const fact of captureFacts(capture)) {
            if (fact.kind === 'call-entered') depth++;
            if (fact.kind === 'call-left') depth--;
            expect(depth).toBeGreaterThanOrEqual(0);
          }
          expect(depth).toBe(0);
          expect(shownPlaces(capture).length).toBeGreaterThanOrEqual(0);
          expect([...everyCall(capture.calls)].length).toBeLessThanOrEqual(capture.nrRecords);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('what a capture shows of the machine', () => {
  it('is 5 levels when an entry lies where only they reach', () => {
    expect(
      shownPlaces(read({ n: 0, f: 'native_set_pmd', a: ['ff11000002a17fc8', '32b5067'], s: [] })).map(
        ({ option }) => option,
      ),
    ).toContain('la57=1');
  });
  it('is the width of physical addresses, by the end of iomem', () => {
    const res = [{ p: '1', start: '0', end: 'ffffffffff', name: 'PCI mem', flags: '200', root: 'iomem' }];
    expect(
      shownPlaces(read({ n: 0, f: 'request_resource', a: ['1', '2'], s: [], res })).map(({ option }) => option),
    ).toEqual(['phys_bits=40']);
  });
  it('takes only symbols from notes', () =>
    expect(symbolNotes({ symbols: { bm_pte: 'ffffffff832b5000', bad: 'no', 'a b': '1', number: 832 } })).toEqual({
      bm_pte: 'ffffffff832b5000',
    }));
});
