import { describe, expect, it } from 'vitest';
import { offsetInPage, profile } from '@kwind/x86';
import { earlyIoremap, earlyIounmap, load, loadCr3, type KernelContext } from '@kwind/kernel';
import { given } from './given.ts';
import { ExpectationError } from './failure.ts';
import { drawTables, pathOf, plantTables, undrawn } from './table-drawing.ts';

const unaligned = (k: KernelContext) => earlyIoremap(k, 0xfed40123n, 0x10n);

describe('given, when, then', () => {
  it('takes facts by their first words and the result by a check', () => {
    given(profile('linux-6.1'))
      .booted()
      .when(unaligned)
      .thenFacts(
        'slot.sized 0',
        'pte.written bm_pte[0] 0x0 -> 0x80000000fed40163',
        'tlb.page-flushed',
        'slot.claimed 0',
      )
      .thenReturns((address) => address !== null && offsetInPage(address) === 0x123n)
      .thenState((state) => state.control.slots[0]!.pages === 1)
      .when((k) => earlyIounmap(k, 0xffff_ffff_ff20_0123n, 0x10n))
      .thenAmongFacts('pte.written bm_pte[0]', 'slot.released 0')
      .thenNoFact('warn.raised');
  });

  it('names brackets when a line asks for one', () => {
    given(profile('linux-6.1'))
      .booted()
      .when((k) => load(k, 0xffff_ffff_ff20_0000n as never))
      .thenFacts(
        'call.entered load(0xffffffffff200000)',
        'fault.raised load 0xffffffffff200000 error 0 pte entry not present',
        'call.returned load 0x0',
      );
  });

  it.each([
    ['a missing fact', () => given(profile('linux-6.1')).booted().when(unaligned).thenFacts('slot.sized 0')],
    [
      'a fact of another slot',
      () => given(profile('linux-6.1')).booted().when(unaligned).thenAmongFacts('slot.claimed 1'),
    ],
    ['an unwanted fact', () => given(profile('linux-6.1')).booted().when(unaligned).thenNoFact('pte.written')],
    ['another result', () => given(profile('linux-6.1')).booted().when(unaligned).thenReturns(null)],
    [
      'another state',
      () =>
        given(profile('linux-6.1'))
          .booted()
          .when(unaligned)
          .thenState(() => false),
    ],
    ['another table', () => given(profile('linux-6.1')).booted().when(unaligned).thenTables('pgd[0] -> (empty table)')],
  ])('fails on %s', (_, run) => {
    expect(run).toThrow(ExpectationError);
  });

  it('does not take slot 1 for slot 10', () => {
    expect(() =>
      given(profile('linux-6.1')).booted().when(unaligned).thenAmongFacts('slot.claimed 0 0xffffffffff20'),
    ).toThrow(ExpectationError);
  });
});

describe('a drawing of page tables', () => {
  it('shows the early window and the empty tables beside it', () => {
    given(profile('linux-6.1'))
      .booted()
      .when(unaligned)
      .thenTables(
        `
        pgd[511] -> pud[511] -> pmd[505] -> pte[0] = 0xfed40 RW A D G NX     # slot 0, page 0
                             -> pmd[506] -> (empty table)
                             -> pmd[507] -> (empty table)
        `,
        [0xffff_ffff_c000_0000n, 0xffff_ffff_ffff_ffffn],
      );
  });

  const drawing = `
    pgd[0] -> pud[0] -> pmd[3] -> pte[7] = 0x123 RW A D
                                -> pte[8] = 0x124 USR
                     -> pmd[4] = 0x800 RW PSE
           -> pud[1] = 0x40000 RW PSE G`.replaceAll(/^ {4}/gm, '');

  it('can be planted, and is drawn the same again', () => {
    const planted = given(profile('linux-6.1')).when((k) => {
      loadCr3(k, 0x5000n);
      plantTables(k, drawing);
    });
    expect(undrawn(drawTables(planted.state))).toBe(
      [
        'pgd[0] -> pud[0] -> pmd[3] -> pte[7] = 0x123 RW A D',
        '                           -> pte[8] = 0x124 USR',
        '                 -> pmd[4] = 0x800 RW PSE',
        '       -> pud[1] = 0x40000 RW G PSE',
      ].join('\n'),
    );
    expect(pathOf(planted.state, 0x607123n)).toBe('pgd[0] -> pud[0] -> pmd[3] -> pte[7]');
  });
});
