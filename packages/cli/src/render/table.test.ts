import { describe, expect, it } from 'vitest';
import { count, facts, grouped, table } from './table.ts';

describe('table', () => {
  it('aligns columns and leaves no blanks at the end of a line', () => {
    const lines = table(
      [{ head: 'n', align: 'right' }, { head: 'name' }, { head: 'what' }],
      [
        ['1', 'a', ''],
        ['22', 'bbbbbb', 'x'],
      ],
    );
    expect(lines).toEqual([' n  name    what', ' 1  a', '22  bbbbbb  x']);
  });
  it('has no head line when no column has a head', () => {
    expect(
      facts([
        ['a', '1'],
        ['long', '2'],
      ]),
    ).toEqual(['a     1', 'long  2']);
  });
  it('measures coloured cells by what is seen', () => {
    expect(
      table(
        [{ head: '' }, { head: '' }],
        [
          ['\u001b[31mab\u001b[39m', 'x'],
          ['abcd', 'y'],
        ],
      )[0],
    ).toBe('\u001b[31mab\u001b[39m    x');
  });
});

describe('count', () => {
  it.each([
    [0, '0 events'],
    [1, '1 event'],
    [12_345, '12,345 events'],
  ])('%i', (n, text) => expect(count(n, 'event')).toBe(text));
});

describe('a count', () => {
  it('has commas between thousands, as toLocaleString() would write it', () => {
    for (const n of [0, 7, 999, 1000, 12_345, 100_000, 1_234_567, Number.MAX_SAFE_INTEGER])
      expect(grouped(n)).toBe(n.toLocaleString('en-US'));
    expect([count(1, 'event'), count(2000, 'entry', 'entries')]).toEqual(['1 event', '2,000 entries']);
  });
});
