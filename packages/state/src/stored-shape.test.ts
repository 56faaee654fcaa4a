import { describe, expect, it } from 'vitest';
import { profile } from '@kwind/x86';
import { initialState } from './machine.ts';
import { decodeSmallState, encodeSmallState, slices } from './stored-state.ts';
import { isSlice } from './stored-shape.ts';

const { control, counters, calls, position } = initialState(profile('linux-6.1'));
const small = { control, counters, calls, position, stored: slices.map(() => false), tables: 0 };

describe('a stored checkpoint', () => {
  it('is read as it was written', () => {
    expect(decodeSmallState(encodeSmallState(small))).toMatchObject({
      counters,
      position,
      control: { slots: control.slots },
    });
  });

  it.each([
    ['without its TLB', { ...control, tlb: undefined }],
    ['with a field too many', { ...control, tlc: {} }],
    ['whose slots are no list', { ...control, slots: {} }],
    ['whose register is a text', { ...control, registers: { cr3: '5' } }],
  ])('%s is refused, not folded on', (_what, changed) => {
    const bytes = encodeSmallState({ ...small, control: changed as unknown as typeof control });
    expect(() => decodeSmallState(bytes)).toThrow('its text says something else than a machine');
  });

  it('knows each slice of the control state from any other', () => {
    for (const name of slices) {
      expect(isSlice[name](control[name])).toBe(true);
      expect(isSlice[name]({ ...control[name], more: 1 })).toBe(false);
    }
    expect(isSlice.reserved([{ start: 1n, end: 2n, name: 3n }])).toBe(false);
    expect(isSlice.resources({ ...control.resources, nodes: { 1: { id: 1n } } })).toBe(false);
  });
});
