import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { OutStream } from './io.ts';
import { columnsOf, cut, cutAtWord, hasColour, safe, wrapped } from './terminal.ts';

const stream = (isTTY: boolean): OutStream => Object.assign(new PassThrough(), { isTTY });

describe('safe', () => {
  it('shows control characters instead of obeying them', () => {
    expect(safe('a\u001b[31mred\u0007\nb\r\tc\u007f\u009b')).toBe('a\\e[31mred\\u0007\\nb\\r\\tc\\u007f\\u009b');
  });
  it('shows marks that turn the direction of text or hide in it', () => {
    expect(safe('evil\u202egnp.exe \u200b\u2066x\ufeff')).toBe('evil\\u202egnp.exe \\u200b\\u2066x\\ufeff');
  });
  it('leaves letters of any script alone', () => {
    expect(safe('Größe 日本 ümlaut')).toBe('Größe 日本 ümlaut');
  });
});

describe('hasColour', () => {
  it('follows the terminal', () => {
    expect(hasColour(stream(true), {})).toBe(true);
    expect(hasColour(stream(false), {})).toBe(false);
  });
  it.each([
    [{ NO_COLOR: '1' }, false],
    [{ NO_COLOR: '' }, true],
    [{ TERM: 'dumb' }, false],
    [{ FORCE_COLOR: '0' }, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ])('on a terminal with %j is %s', (env, expected) => {
    expect(hasColour(stream(true), env)).toBe(expected);
  });
  it('can be forced into a pipe', () => {
    expect(hasColour(stream(false), { FORCE_COLOR: '1' })).toBe(true);
  });
});

describe('columns', () => {
  it('does not count colours', () => {
    expect(columnsOf('\u001b[31mred\u001b[39m')).toBe(3);
  });
  it('cuts with a mark', () => {
    expect(cut('abcdef', 4)).toBe('abc…');
    expect(cut('abcd', 4)).toBe('abcd');
    expect(cut('größer', 4)).toBe('grö…');
    expect(cut('日本語', 4)).toBe('日…');
    expect(cut('日本', 4)).toBe('日本');
    expect([columnsOf('日本'), columnsOf('e\u0301'), columnsOf('🐧')]).toEqual([4, 1, 2]);
  });
});

describe('a text on a narrow screen', () => {
  const text = '[ 650/1356 ]  slot.claimed  slot 1  0xffffffffff240a20  phys 0xf5a20 size 0x178, 1 page';
  it('is broken between words, and nothing of it is lost', () => {
    for (const width of [40, 60, 80]) {
      const lines = wrapped(text, width, '    ');
      for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width);
      expect(lines.join(' ').split(/\s+/)).toEqual(text.split(/\s+/));
    }
    expect(wrapped(text, Infinity, '    ')).toEqual([text]);
  });
  it('ends with a mark where it would take too many lines', () => {
    const lines = wrapped(text, 40, '    ', 2);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/…$/);
    expect(columnsOf(lines[1]!)).toBeLessThanOrEqual(40);
  });
  it('is cut before a number rather than within it', () => {
    expect(cutAtWord(text, 70)).toBe('[ 650/1356 ]  slot.claimed  slot 1  0xffffffffff240a20  phys 0xf5a20 …');
    expect(cutAtWord('0xffffffffff240a20', 10)).toBe('0xfffffff…');
  });
});
