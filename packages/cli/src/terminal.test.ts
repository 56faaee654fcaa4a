import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { OutStream } from './io.ts';
import { columnsOf, cut, hasColour, safe } from './terminal.ts';

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
