import { describe, expect, it } from 'vitest';
import { profile } from '@kwind/x86';
import { initialState } from '../machine.ts';
import {
  addressType,
  anyType,
  checkExpression,
  constantName,
  evaluate,
  ExpressionError,
  formatValue,
  holds,
  localName,
  machineScope,
  makeScope,
  parseExpression,
  type Value,
} from './index.ts';

const linux = profile('linux-6.1');
const view = initialState(linux);
const locals = new Map<string, Value>([
  ['a', 0xf0a10n],
  ['$x', 7n],
  ['$text', 'abc'],
  ['$slots', null],
]);
const scope = makeScope(
  [
    localName('a', addressType, 'A mapping.'),
    localName('$x', anyType, ''),
    localName('$text', anyType, ''),
    localName('$gone', anyType, ''),
    constantName('PAGE_SIZE', 4096n),
  ],
  machineScope(linux),
);
const valueOf = (text: string): Value => evaluate(parseExpression(text), scope, { view, locals });

function refusal(text: string): ExpressionError {
  try {
    valueOf(text);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`${text} is accepted`);
}

describe('arithmetic is that of unsigned long', () => {
  it.each([
    ['0 - 1', 0xffff_ffff_ffff_ffffn],
    ['-1', 0xffff_ffff_ffff_ffffn],
    ['~0', 0xffff_ffff_ffff_ffffn],
    ['0xffffffffffffffff + 2', 1n],
    ['0x8000000000000000 * 2', 0n],
    ['1 << 63', 1n << 63n],
    ['1 << 64', 0n],
    ['0xffffffffffffffff >> 63', 1n],
    ['1 >> 0xffffffffffffffff', 0n],
    ['7 / 2', 3n],
    ['7 % 4', 3n],
    ['(-1) / 2', 0x7fff_ffff_ffff_ffffn],
    ['6 & 3 | 8 ^ 1', 11n],
    ['a & ~(PAGE_SIZE - 1)', 0xf0000n],
  ])('%s', (text, wanted) => {
    expect(valueOf(text)).toBe(wanted);
  });

  it('compares without a sign', () => {
    expect(valueOf('-1 > 0')).toBe(true);
    expect(valueOf('0x8000000000000000 < 1')).toBe(false);
    expect(valueOf('2 <= 2 && 2 >= 2 && !(2 < 2) && !(2 > 2)')).toBe(true);
  });

  it.each(['1 / 0', '1 % (2 - 2)'])('refuses to divide by zero: %s', (text) => {
    expect(refusal(text)).toMatchObject({ code: 'expression/type', column: 3, what: 'this divides by zero.' });
  });
});

describe('conditions', () => {
  it('take a number other than 0 for true', () => {
    expect(valueOf('!0 && !!5 && !slots_in_use')).toBe(true);
    expect(holds(parseExpression('a'), scope, { view, locals })).toBe(true);
  });
  it('compare true with 1 as C does', () => {
    expect(valueOf('true == 1 && false == 0 && (1 < 2) == true && 2 != true')).toBe(true);
  });
  it('look at the right side only if needed', () => {
    expect(valueOf('false && 1 / 0 == 1')).toBe(false);
    expect(valueOf('true || 1 / 0 == 1')).toBe(true);
  });
  it('compare texts for being equal', () => {
    expect(valueOf('phase == "power-on" && phase != "boot"')).toBe(true);
  });
});

describe('no value', () => {
  it('runs through arithmetic and calls', () => {
    expect(valueOf('phys_of(0x1000)')).toBeNull();
    expect(valueOf('phys_of(0x1000) + 1')).toBeNull();
    expect(valueOf('-phys_of(0x1000)')).toBeNull();
    expect(valueOf('walk(phys_of(0x1000)).phys')).toBeNull();
  });
  it('makes every comparison with a number false, but !=', () => {
    expect(valueOf('phys_of(0x1000) == 0')).toBe(false);
    expect(valueOf('phys_of(0x1000) < 1')).toBe(false);
    expect(valueOf('phys_of(0x1000) >= 0')).toBe(false);
    expect(valueOf('phys_of(0x1000) != 0')).toBe(true);
    expect(valueOf('phys_of(0x1000) == phys_of(0x2000)')).toBe(true);
  });
  it('is what NULL compares equal to, and so is the pointer 0', () => {
    expect(valueOf('phys_of(0x1000) == NULL')).toBe(true);
    expect(valueOf('slots[0].prev_map == NULL')).toBe(true);
    expect(valueOf('NULL == NULL')).toBe(true);
    expect(valueOf('NULL != a')).toBe(true);
    expect(valueOf('call == NULL')).toBe(true);
  });
  it('is what a variable has that was never set', () => {
    expect(valueOf('$gone')).toBeNull();
  });
});

describe('names and fields', () => {
  it.each([
    ['slot_in_use', 1, 'there is no "slot_in_use".', 'Did you mean slots_in_use?'],
    ['1 + wlak(3)', 5, 'there is no "wlak".', 'Did you mean walk?'],
    ['ffffffffff200000', 1, 'there is no "ffffffffff200000".', 'Did you mean 0xffffffffff200000?'],
    ['slots[1].prevmap', 10, 'a slot has no field "prevmap".', 'Did you mean prev_map?'],
    ['walk(1).stpes[0].nx', 9, 'a walk has no field "stpes".', 'Did you mean steps?'],
    ['zz', 1, 'there is no "zz".', ''],
  ])('%s: column %i', (text, column, what, hint) => {
    expect(refusal(text)).toMatchObject({ code: 'expression/name', column, what, hint });
  });

  it('never finds what every object inherits', () => {
    expect(refusal('constructor').code).toBe('expression/name');
    expect(refusal('slots[0].toString').code).toBe('expression/name');
    expect(refusal('walk(0).__proto__').code).toBe('expression/name');
  });
});

describe('types', () => {
  it.each([
    ['phase + 1', 1, 'the operand of + must be a number, this is text.', ''],
    ['1 + true', 5, 'the operand of + must be a number, this is true or false.', ''],
    ['NULL + 1', 1, 'the operand of + must be a number, this is NULL.', ''],
    [
      '1 & 2 == 2',
      7,
      'the operand of & must be a number, this is a comparison.',
      'In C, == binds tighter than &; put parentheses around the &.',
    ],
    ['1 < 2 < 3', 7, 'comparisons cannot be chained.', 'Write a < b && b < c.'],
    ['phase < "b"', 1, 'the operand of < must be a number, this is text.', ''],
    ['phase && 1', 1, '&& needs a condition, this is text.', 'Compare it with something.'],
    ['phase == 1', 7, 'text is compared with a number.', 'The two can never be equal.'],
    [
      'slots[0] == 1',
      1,
      'a slot as a whole cannot be compared.',
      'Name one of its fields: .in_use, .prev_map, .prev_size, .phys, .pages, .virt, .present, .claimed_by.',
    ],
    ['1 == slots', 6, 'a list of slot records as a whole cannot be compared.', 'Pick one with [slot].'],
    ['walk', 1, 'walk is a function.', 'Write walk(va).'],
    ['walk()', 1, 'walk() takes 1 argument, here are 0.', 'Write walk(va).'],
    ['entry(1)', 1, 'entry() takes 2 arguments, here are 1.', 'Write entry(table_phys, index).'],
    ['slots(3)', 1, 'slots is no function.', 'Write slots[slot].'],
    ['cr3(1)', 1, 'cr3 is no function.', 'Leave the parentheses out.'],
    ['walk(phase)', 6, 'va of walk() must be a number, this is text.', ''],
    ['slots[phase]', 7, 'the slot in [ ] must be a number, this is text.', ''],
    ['cr3[1]', 5, 'a number cannot be indexed.', ''],
    ['cr3.x', 5, 'a number has no fields, so no "x".', ''],
    ['slots.phys', 7, 'a list has no field "phys", only length.', 'Pick one with [slot].'],
    ['~phase', 2, 'the operand of ~ must be a number, this is text.', ''],
  ])('%s: column %i', (text, column, what, hint) => {
    expect(refusal(text)).toMatchObject({ code: 'expression/type', column, what, hint });
  });

  it('are checked when it runs for a name of unknown type', () => {
    expect(valueOf('$x + 1 == 8 && $text == "abc"')).toBe(true);
    expect(refusal('$text + 1')).toMatchObject({ code: 'expression/type', column: 1 });
    expect(refusal('1 + $text')).toMatchObject({ column: 5 });
    expect(refusal('$x.field')).toMatchObject({ column: 4 });
    expect(refusal('$x[0]')).toMatchObject({ column: 4 });
    expect(refusal('walk($text)')).toMatchObject({ column: 6 });
    expect(refusal('!$text')).toMatchObject({ column: 2 });
  });

  it('hold for a text that can only be one of a few', () => {
    expect(refusal('walk(0).kind == "maped"')).toMatchObject({
      code: 'expression/name',
      column: 17,
      hint: 'Did you mean mapped?',
    });
    expect(refusal('"xyz" != walk(0).level')).toMatchObject({
      code: 'expression/name',
      column: 1,
      hint: 'There are pte, pmd, pud, p4d, pgd.',
    });
  });

  it('refuse an element beyond the end of a list of fixed size', () => {
    expect(refusal('slots[8].in_use')).toMatchObject({
      code: 'expression/type',
      column: 7,
      what: 'there is no slot 8, they go from 0 to 7.',
    });
    expect(refusal('slots[-1].in_use')).toMatchObject({ column: 7 });
  });
});

describe('formatValue', () => {
  it.each([
    ['0x10 + 1', '0x11'],
    ['10 + 1', '11'],
    ['slots_in_use', '0'],
    ['slots_in_use + 0x10', '0x10'],
    ['cr3', '0x0'],
    ['phase', '"power-on"'],
    ['1 == 1', 'true'],
    ['phys_of(0)', 'no value'],
    ['NULL', 'NULL'],
    ['$x', '7'],
    ['stack', '[]'],
    [
      'slots[0]',
      '{ in_use false, prev_map 0x0, prev_size 0x0, phys 0x0, pages 0, virt 0x0, present 0, claimed_by no value }',
    ],
  ])('shows %s as %s', (text, wanted) => {
    const expression = parseExpression(text);
    const type = checkExpression(expression, scope);
    expect(formatValue(valueOf(text), type.kind === 'any' ? undefined : type)).toBe(wanted);
  });
});
