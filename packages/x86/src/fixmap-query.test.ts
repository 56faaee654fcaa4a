import { describe, expect, it } from 'vitest';
import { answerFixmap, describeFixmap, fixmapIndexOf } from './fixmap-query.ts';
import { profile, profileNames } from './profiles/index.ts';

const debian = profile('linux-6.1');

describe('a fixmap index', () => {
  it.each([
    ['FIX_APIC_BASE', 514],
    ['FIX_IO_APIC_BASE_0+3', 518],
    ['FIX_IO_APIC_BASE_0 + 0x10', 531],
    ['FIX_IO_APIC_BASE_END', 642],
    ['FIX_BTMAP_BEGIN-64', 1471],
    ['__end_of_fixed_addresses', 1537],
    ['514', 514],
    ['0x202', 514],
    ['0', 0],
  ])('can be written %s', (text, idx) => {
    expect(fixmapIndexOf(debian, text)).toBe(idx);
  });

  it('of a misspelled name is refused with the nearest one', () => {
    expect(() => fixmapIndexOf(debian, 'FIX_BITMAP_BEGIN')).toThrow(
      expect.objectContaining({ code: 'fixmap/unknown', hint: 'Did you mean FIX_BTMAP_BEGIN?' }),
    );
  });

  it('of a name that another build has is refused with the reason', () => {
    expect(() => fixmapIndexOf(debian, 'FIX_RO_IDT')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('Another kernel series') }),
    );
    expect(() => fixmapIndexOf(debian, 'FIX_OHCI1394_BASE')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('CONFIG_PROVIDE_OHCI1394_DMA_INIT') }),
    );
  });

  it.each(['', 'FIX_APIC_BASE+', 'FIX_APIC_BASE*2', '+3'])('cannot be written "%s"', (text) => {
    expect(() => fixmapIndexOf(debian, text)).toThrow(expect.objectContaining({ code: 'fixmap/unknown' }));
  });

  it.each(['12x', 'FIX_APIC_BASE+1x'])('needs digits where %s has none', (text) => {
    expect(() => fixmapIndexOf(debian, text)).toThrow(expect.objectContaining({ code: 'number/invalid' }));
  });
});

describe('the list of fixmaps', () => {
  it('covers each index once, with falling addresses', () => {
    for (const name of profileNames) {
      const p = profile(name);
      let next = 0;
      for (const row of describeFixmap(p)) {
        expect(row.first).toBe(next);
        expect(row.highest - row.lowest).toBe(BigInt(row.last - row.first + 1) * 4096n - 1n);
        next = row.last + 1;
      }
      expect(next).toBe(p.fixmap.endOfFixed);
    }
  });

  it('names rows, holes and early windows', () => {
    const rows = describeFixmap(debian);
    expect(rows[0]).toMatchObject({ name: 'hole', kind: 'hole', first: 0, last: 510 });
    expect(rows[5]).toMatchObject({
      name: 'FIX_IO_APIC_BASE_0',
      first: 515,
      last: 642,
      condition: 'CONFIG_X86_IO_APIC',
    });
    expect(rows.filter(({ kind }) => kind === 'early-slot').map(({ name }) => name.slice(-1))).toEqual([...'76543210']);
    expect(rows.at(-1)).toMatchObject({ name: 'FIX_TBOOT_BASE', kind: 'other', condition: 'CONFIG_INTEL_TXT' });
  });
});

describe('an answer', () => {
  it('to a name gives its page and both conversions', () => {
    expect(answerFixmap(debian, 'FIX_APIC_BASE')).toMatchObject({
      asked: 'name',
      idx: 514,
      name: 'FIX_APIC_BASE',
      vaddr: 0xffff_ffff_ff5f_d000n,
      fixToVirt: { ok: true, vaddr: 0xffff_ffff_ff5f_d000n },
      virtToFix: { ok: true, idx: 514 },
    });
  });

  it('to an early address names slot and page, and shows the BUG that virt_to_fix() would raise', () => {
    const answer = answerFixmap(debian, '0xffffffffff245123');
    expect(answer).toMatchObject({ asked: 'address', idx: 1466, name: 'FIX_BTMAP slot 1 page 5', slot: 1 });
    expect(answer.vaddr).toBe(0xffff_ffff_ff24_5123n);
    expect(answer.fixToVirt).toEqual({ ok: true, vaddr: 0xffff_ffff_ff24_5000n });
    expect(answer.virtToFix.ok).toBe(false);
  });

  it('to an index past the end shows the failing build', () => {
    expect(answerFixmap(debian, '1537')).toMatchObject({
      asked: 'index',
      name: 'outside the fixmap',
      fixToVirt: { ok: false },
    });
  });

  it('takes a bare kernel address', () => {
    expect(answerFixmap(debian, 'ffffffffff5fd000')).toMatchObject({ asked: 'address', idx: 514 });
  });

  it('to an address outside the area is two refusals, not an error', () => {
    for (const text of ['0xffff888000000000', '0xffffffffff800000']) {
      expect(answerFixmap(debian, text)).toMatchObject({
        name: 'outside the fixmap',
        fixToVirt: { ok: false },
        virtToFix: { ok: false },
      });
    }
  });

  it('to the first address that virt_to_fix() wrongly takes is an index without owner', () => {
    expect(answerFixmap(debian, '0xffffffffff579000')).toMatchObject({
      idx: 646,
      name: 'hole',
      entry: undefined,
      virtToFix: { ok: true, idx: 646 },
    });
  });
});
