import { describe, expect, it } from 'vitest';
import { caretLines, ExpressionError } from './errors.ts';
import { parseExpression, parseExpressionAt, printExpression } from './index.ts';

const printed = (text: string): string => printExpression(parseExpression(text));

/** The refusal of a text: its column and what it says. */
function refusal(text: string): ExpressionError {
  try {
    parseExpression(text);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`${text} is accepted`);
}

describe('numbers', () => {
  it.each([
    ['0x1F', '0x1f'],
    ['4095', '4095'],
    ['4K', '4096'],
    ['2M', '2097152'],
    ['1G', '1073741824'],
    ['0x10K', '0x4000'],
    ['1_000_000', '1000000'],
    ['0x1000UL', '0x1000'],
    ['64ul', '64'],
    ['7ULL', '7'],
    ['0xffffffffffffffff', '0xffffffffffffffff'],
    ['0', '0'],
  ])('reads %s', (text, wanted) => {
    expect(printed(text)).toBe(wanted);
  });

  it.each([
    ['0x', /not a number/, 'Write 0x… for hex, digits for decimal; K, M, G and T multiply.'],
    ['12ab7', /not a number/, 'Did you mean 0x12ab7?'],
    ['010', /octal/, 'Write 10, or 0x… for hex.'],
    ['0x10000000000000000', /64 bits/, 'The largest is 0xffffffffffffffff.'],
    ['16777216T', /64 bits/, 'The largest is 0xffffffffffffffff.'],
  ])('refuses %s', (text, message, hint) => {
    const error = refusal(`1 + ${text}`);
    expect(error).toMatchObject({ code: 'expression/syntax', column: 5 });
    expect(error.message).toMatch(message);
    expect(error.hint).toBe(hint);
  });
});

describe('operators bind as in C', () => {
  it.each([
    ['1 + 2 * 3', '1 + (2 * 3)'],
    ['1 << 2 + 3', '1 << (2 + 3)'],
    ['1 | 2 ^ 3 & 4', '1 | (2 ^ (3 & 4))'],
    ['1 & 2 == 2', '1 & (2 == 2)'],
    ['1 == 2 < 3', '1 == (2 < 3)'],
    ['1 < 2 << 3', '1 < (2 << 3)'],
    ['a || b && c | d', 'a || (b && (c | d))'],
    ['8 - 4 - 2', '(8 - 4) - 2'],
    ['64 / 4 / 2 % 3', '((64 / 4) / 2) % 3'],
    ['-a * b', '(-a) * b'],
    ['!a == b', '(!a) == b'],
    ['~a.b[1]', '~((a.b)[1])'],
    ['a and b or c', '(a && b) || c'],
    ['not a == b and c', '(!(a == b)) && c'],
    ['- - 1', '-(-1)'],
  ])('%s is %s', (text, grouped) => {
    expect(printed(text)).toBe(printed(grouped));
  });

  it('keeps parentheses only where they matter', () => {
    expect(printed('((1) + (2)) * (3)')).toBe('(1 + 2) * 3');
    expect(printed('8 - (4 - 2)')).toBe('8 - (4 - 2)');
    expect(printed('(a.b).c[(1)]')).toBe('a.b.c[1]');
    expect(printed('!(a && b)')).toBe('!(a && b)');
  });

  it('refuses not as an operand, where its reach would surprise', () => {
    expect(refusal('1 == not a')).toMatchObject({ column: 6, hint: 'Write !, or put parentheses around it.' });
  });
});

describe('texts and names', () => {
  it.each([
    ['"a\\"b"', '"a\\"b"'],
    ["'it is'", '"it is"'],
    ['"\\n\\t\\\\"', '"\\n\\t\\\\"'],
    ['NULL', 'NULL'],
    ['null', 'NULL'],
    ['true && false', 'true && false'],
    ['$1 + $x + $', '$1 + $x + $'],
    ['f()', 'f()'],
    ['entry(cr3, 511).phys', 'entry(cr3, 511).phys'],
  ])('reads %s', (text, wanted) => {
    expect(printed(text)).toBe(wanted);
  });
});

describe('what does not fit', () => {
  it.each([
    ['', 1, 'the text ends where a value should be.'],
    ['1 +', 4, 'the text ends where a value should be.'],
    ['(1 + 2', 7, 'the text ends where ) for the ( of column 1 should be.'],
    ['a[1', 4, 'the text ends where ] for the [ of column 2 should be.'],
    ['f(1 2)', 5, '"2" stands where ) for the ( of column 2 should be.'],
    ['f(1,)', 5, '")" stands where a value should be.'],
    ['a.1', 3, '"1" stands where the name of a field should be.'],
    ['a b', 3, '"b" stands where an operator or the end should be.'],
    ['a = 1', 3, '"=" stands where an operator or the end should be.'],
    ['1 # 2', 3, '"#" stands where an operator or the end should be.'],
    ['and', 1, '"and" stands where a value should be.'],
    ['"abc', 1, 'the text that starts here has no closing ".'],
    ['1..2', 2, '"." stands where an operator or the end should be.'],
  ])('%s: column %i', (text, column, what) => {
    const error = refusal(text);
    expect(error).toMatchObject({ code: 'expression/syntax', text, column, what });
    expect(error.message).toBe(`column ${column}: ${what}`);
  });

  it('hints at == for =', () => {
    expect(refusal('a = 1').hint).toBe('To compare, write ==.');
  });

  it('bounds nesting and length', () => {
    const deep = (depth: number): string => `${'('.repeat(depth)}1${')'.repeat(depth)}`;
    expect(printed(deep(100))).toBe('1');
    expect(refusal(deep(1000)).message).toMatch(/nested more than 200/);
    expect(refusal('!'.repeat(1000) + '1').message).toMatch(/nested more than 200/);
    expect(refusal('1+'.repeat(1000) + '1').message).toMatch(/nested more than 200/);
    expect(refusal(`a${'.b'.repeat(1000)}`).message).toMatch(/nested more than 200/);
    expect(refusal(`((${'1+'.repeat(150)}1)${'+1'.repeat(60)})`).message).toMatch(/nested more than 200/);
    expect(refusal(`1${' '.repeat(20_000)}+ 1`)).toMatchObject({
      column: 10_001,
      what: 'an expression may have 10000 characters.',
    });
    expect(parseExpressionAt(`1 ;${' '.repeat(20_000)}`, 0).end).toBe(2);
  });
});

describe('parseExpressionAt', () => {
  it('stops where the expression ends, and says where', () => {
    const { expression, end } = parseExpressionAt('repeat 2 * n { x }', 7);
    expect(printExpression(expression)).toBe('2 * n');
    expect(end).toBe(13);
    expect(parseExpressionAt('0..16', 0).end).toBe(1);
    expect(parseExpressionAt('f(x) @ g', 0).end).toBe(5);
  });

  it('gives columns of the whole text', () => {
    expect(() => parseExpressionAt('expect 1 + ;', 7)).toThrow('column 12: ";" stands where a value should be.');
  });
});

describe('caretLines', () => {
  it('puts a caret under the column', () => {
    expect(caretLines('slots[3].x', 10)).toBe('slots[3].x\n         ^');
  });
  it('cuts a long text around it and keeps the caret in place', () => {
    const [line = '', caret = ''] = caretLines(`${'a'.repeat(500)}X${'b'.repeat(500)}`, 501).split('\n');
    expect(line.length).toBeLessThan(130);
    expect(line[caret.length - 1]).toBe('X');
  });
  it('shows tabs as one column', () => {
    expect(caretLines('\tx', 2)).toBe(' x\n ^');
  });
});
