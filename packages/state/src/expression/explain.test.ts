import { describe, expect, it } from 'vitest';
import { profile } from '@kwind/x86';
import { initialState } from '../machine.ts';
import {
  addressType,
  explainFailure,
  localName,
  machineScope,
  makeScope,
  parseExpression,
  type Explanation,
} from './index.ts';

const linux = profile('linux-6.1');
const scope = makeScope([localName('a', addressType, ''), localName('b', addressType, '')], machineScope(linux));
const env = {
  view: initialState(linux),
  locals: new Map([
    ['a', 0xf0000n],
    ['b', 0n],
  ]),
};
const explain = (text: string): Explanation => explainFailure(parseExpression(text), scope, env);

describe('explainFailure', () => {
  it.each([
    ['slots_in_use == 1', '0', '1', 'slots_in_use is 0, not 1.'],
    ['a == 0xe0000', '0xf0000', '0xe0000', 'a is 0xf0000, not 0xe0000.'],
    ['0xe0000 == a', '0xe0000', '0xf0000', '0xe0000, not 0xf0000 (a).'],
    ['a == a + 1', '0xf0000', '0xf0001', 'a is 0xf0000, not 0xf0001 (a + 1).'],
    ['a < 1', '0xf0000', '1', 'a is 0xf0000, which is not < 1.'],
    ['a != 0xf0000', '0xf0000', '0xf0000', 'a is 0xf0000, which is not != 0xf0000.'],
    ['b != NULL', 'NULL', 'NULL', 'b is NULL, which is not != NULL.'],
    ['phys_of(a) == a', 'no value', '0xf0000', 'phys_of(a) is no value, not 0xf0000 (a).'],
    ['phase == "boot"', '"power-on"', '"boot"', 'phase is "power-on", not "boot".'],
    ['a == 0xf0000 && b == 0 && slots_in_use == 2', '0', '2', 'slots_in_use is 0, not 2.'],
    ['(a == 1) && b == 0', '0xf0000', '1', 'a is 0xf0000, not 1.'],
  ])('%s', (text, left, right, sentence) => {
    expect(explain(text)).toMatchObject({ left, right });
    expect(explain(text).text).toBe(sentence);
  });

  it('shows the value of what is no comparison', () => {
    expect(explain('slots[0].in_use')).toEqual({ part: 'slots[0].in_use', text: 'slots[0].in_use is false.' });
    expect(explain('a == 1 || b == 1').text).toBe('a == 1 || b == 1 is false.');
    expect(explain('true && !a')).toMatchObject({ part: '!a', text: '!a is false.' });
  });
});
