import { describe, expect, it } from 'vitest';
import { closestTo, didYouMean } from './suggest.ts';

describe('a suggestion', () => {
  const names = ['FIX_APIC_BASE', 'FIX_BTMAP_BEGIN', 'FIX_BTMAP_END'];

  it('is the name with the fewest slips, case ignored', () => {
    expect(closestTo('FIX_APCI_BASE', names)).toBe('FIX_APIC_BASE');
    expect(closestTo('fix_bitmap_begin', names)).toBe('FIX_BTMAP_BEGIN');
    expect(closestTo('FIX_BITMAP_END', names)).toBe('FIX_BTMAP_END');
  });

  it('is not made when nothing is near', () => {
    expect(closestTo('bm_pte', names)).toBeUndefined();
    expect(closestTo('', names)).toBeUndefined();
    expect(didYouMean('bm_pte', names, 'See the list.')).toBe('See the list.');
  });

  it('counts a swap of neighbours as one slip', () => {
    expect(closestTo('ab', ['ba', 'xy'])).toBe('ba');
    expect(didYouMean('la75', ['la57', 'nr_cpus'])).toBe('Did you mean la57?');
  });
});
