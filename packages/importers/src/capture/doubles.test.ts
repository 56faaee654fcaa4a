import { describe, expect, it } from 'vitest';
import { everyCall, parseCapture } from './parse.ts';

const read = (...records: readonly object[]) =>
  parseCapture(records.map((record, n) => `${JSON.stringify({ n, ...record })}\n`).join(''), { name: 'c.jsonl' });

const res = (start: string) => [{ p: 'b0', start, end: 'fff', flags: '200', name: 'a' }];
const claim = (start = '0', site = 'pci_claim_resource+0x6d') => ({
  f: 'request_resource_conflict',
  a: ['a0', 'b0'],
  s: [site, 'pcibios_allocate+0x10'],
  res: res(start),
});
const back = (of: number, r: string) => ({ f: 'ret:request_resource_conflict', of, r });

describe('a call that the tracer recorded twice', () => {
  it('is one call, because it had not returned when its second record came, and the note names both records', () => {
    const { calls, notes } = read(claim(), claim(), back(0, '7'));
    expect(calls).toMatchObject([{ n: 0, end: 'returned', result: 7n, inner: [] }]);
    expect(notes).toMatchObject([
      { kind: 'recorded-twice', n: 1, text: expect.stringContaining('record 1 is record 0 once more') },
    ]);
  });

  it('is one call also where the return names the second record', () => {
    const { calls } = read(claim(), claim(), back(1, '7'), { f: 'free_initmem', a: [], s: [] });
    expect(calls).toMatchObject([{ n: 0, end: 'returned', result: 7n }, { fn: 'free_initmem' }]);
  });

  it('does not take the returns of later calls from that place for its own: each call keeps its result', () => {
    const { calls } = read(claim(), claim(), back(0, '7'), claim('100'), back(1, '8'), claim('200'), back(3, '9'));
    expect(calls.map(({ n, result, inner }) => [n, result, inner.length])).toEqual([
      [0, 7n, 0],
      [3, 8n, 0],
      [5, 9n, 0],
    ]);
  });

  it.each([
    ['with other arguments', { ...claim(), a: ['a0', 'c0'] }],
    ['from another place', claim('0', 'pci_claim_resource+0x99')],
    ['with another struct', claim('100')],
  ])('is not seen where a call comes %s', (_, second) => {
    const { calls, notes } = read(claim(), second, back(1, '7'), back(0, '8'));
    expect([...everyCall(calls)].length).toBe(2);
    expect(notes.map(({ kind }) => kind)).not.toContain('recorded-twice');
  });

  it('is not seen where nobody traced the return: then only what is inside can tell', () => {
    const set = { f: '__early_set_fixmap', a: ['5ff', '0', '0'], s: ['early_iounmap+0xf5'] };
    expect(read(set, set).calls.length).toBe(2);
  });
});

describe('calls on two CPUs', () => {
  const outer = (site: string) => ({ f: '__ioremap_caller', a: ['f5000', '10', '0'], s: [site, 'probe+0x1'] });
  const end = (f: string, of: number) => ({ f: `ret:${f}`, of, r: '0' });

  it('keep what belongs to each, by the return addresses below', () => {
    const { calls } = read(
      outer('memremap+0x159'),
      { f: 'ioremap_page_range', a: ['1000', '2000', '0', '0'], s: ['__ioremap_caller+0x1b0', 'memremap+0x159'] },
      outer('msix_map+0x2bb'),
      { f: 'native_set_pte', a: ['8', '1'], s: ['vmap_range_noflush+0x4', '__ioremap_caller+0x1b0', 'memremap+0x159'] },
      end('ioremap_page_range', 1),
      end('__ioremap_caller', 0),
      end('__ioremap_caller', 2),
    );
    expect(calls).toMatchObject([
      { n: 0, inner: [{ n: 1, inner: [{ n: 3 }] }] },
      { n: 2, inner: [] },
    ]);
  });
});
