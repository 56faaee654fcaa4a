import { describe, expect, it } from 'vitest';
import { fixIdx, slot, vaddr } from './address.ts';
import {
  fixaddrSize,
  fixaddrStart,
  fixaddrTotStart,
  fixIdxOfSlot,
  fixmapName,
  fixToVirt,
  fixToVirtUnchecked,
  slotOfFixIdx,
  slotVirt,
  virtToFix,
  virtToFixUnchecked,
} from './fixmap.ts';
import { profile, profileNames } from './profiles/index.ts';

const debian = profile('linux-6.1');

describe('fixmap indices', () => {
  it('turn into addresses and back, on every profile and every index', () => {
    for (const name of profileNames) {
      const p = profile(name);
      for (let n = 0; n < p.fixmap.endOfFixed; n += 1) {
        const address = fixToVirtUnchecked(p, n);
        expect(virtToFixUnchecked(p, address)).toBe(n);
        expect(fixToVirt(p, n)).toEqual({ ok: true, vaddr: address });
      }
    }
  });

  it('stand for whole pages: the low 12 bits of an address do not matter', () => {
    expect(virtToFixUnchecked(debian, vaddr(0xffff_ffff_ff5f_dfffn))).toBe(514);
  });

  it('rise as addresses fall, from FIXADDR_TOP, the base of the page of index 0', () => {
    expect(debian.fixaddrTop).toBe(0xffff_ffff_ff7f_f000n);
    expect(fixToVirtUnchecked(debian, 0)).toBe(debian.fixaddrTop);
    expect(fixToVirtUnchecked(debian, 511)).toBe(0xffff_ffff_ff60_0000n);
  });
});

describe('fix_to_virt', () => {
  it('takes early and later indices too, up to the last one', () => {
    expect(fixToVirt(debian, 1535)).toEqual({ ok: true, vaddr: 0xffff_ffff_ff20_0000n });
    expect(fixToVirt(debian, 1536)).toEqual({ ok: true, vaddr: 0xffff_ffff_ff1f_f000n });
  });

  it('fails the build at __end_of_fixed_addresses', () => {
    expect(fixToVirt(debian, 1537)).toEqual({
      ok: false,
      bug: 'BUILD_BUG_ON(idx >= __end_of_fixed_addresses): idx 1537, end 1537',
    });
    expect(fixToVirt(debian, -1).ok).toBe(false);
  });
});

describe('virt_to_fix', () => {
  it('finds the index of a permanent page, whatever the offset', () => {
    expect(virtToFix(debian, vaddr(0xffff_ffff_ff5f_d123n))).toEqual({ ok: true, idx: 514 });
  });

  it('refuses every address in the page of index 0', () => {
    const top = debian.fixaddrTop;
    for (const address of [top, top + 1n, top + 0xfffn]) expect(virtToFix(debian, vaddr(address)).ok).toBe(false);
    expect(virtToFix(debian, vaddr(top - 1n))).toEqual({ ok: true, idx: 1 });
  });

  it('refuses early windows, FIX_TBOOT_BASE and the hole, which lie below FIXADDR_START', () => {
    for (const idx of [647, 1023, 1024, 1535, 1536]) {
      expect(virtToFix(debian, fixToVirtUnchecked(debian, idx)).ok).toBe(false);
    }
  });

  it('accepts FIXADDR_START itself, one past the last permanent index', () => {
    expect(virtToFix(debian, fixaddrStart(debian))).toEqual({ ok: true, idx: debian.fixmap.endOfPermanent });
    expect(virtToFix(debian, vaddr(fixaddrStart(debian) - 1n)).ok).toBe(false);
  });

  it('says which bound was missed', () => {
    const low = virtToFix(debian, vaddr(0xffff_ffff_ff20_0000n));
    const high = virtToFix(debian, vaddr(0xffff_ffff_ffff_ffffn));
    expect(low).toMatchObject({
      bug: expect.stringContaining('0xffffffffff200000 < FIXADDR_START 0xffffffffff579000'),
    });
    expect(high).toMatchObject({ bug: expect.stringContaining('>= FIXADDR_TOP 0xffffffffff7ff000') });
  });

  it('agrees with fix_to_virt on every permanent index but 0', () => {
    for (const name of profileNames) {
      const p = profile(name);
      for (let n = 1; n < p.fixmap.endOfPermanent; n += 1) {
        expect(virtToFix(p, fixToVirtUnchecked(p, n))).toEqual({ ok: true, idx: n });
      }
    }
  });
});

describe('the area', () => {
  it('of Debian 6.1 is 2584 KiB below FIXADDR_TOP', () => {
    expect(fixaddrStart(debian)).toBe(0xffff_ffff_ff57_9000n);
    expect(fixaddrSize(debian)).toBe(0x28_6000n);
    expect(fixaddrTotStart(debian)).toBe(0xffff_ffff_ff1f_e000n);
  });

  it('of the book is 536 KiB', () => {
    const book = profile('linux-insides');
    expect(fixaddrStart(book)).toBe(0xffff_ffff_ff77_9000n);
    expect(fixaddrSize(book)).toBe(536n * 1024n);
  });
});

describe('early windows', () => {
  it('are 256 KiB apart, slot 0 lowest', () => {
    for (let number = 0; number < 8; number += 1) {
      expect(slotVirt(debian, slot(number))).toBe(0xffff_ffff_ff20_0000n + BigInt(number) * 0x4_0000n);
      expect(fixIdxOfSlot(debian, slot(number))).toBe(1535 - 64 * number);
    }
  });

  it('own each index from FIX_BTMAP_END to FIX_BTMAP_BEGIN and no other', () => {
    for (const name of profileNames) {
      const p = profile(name);
      for (let n = p.fixmap.btmapEnd; n <= p.fixmap.btmapBegin; n += 1) {
        const number = slotOfFixIdx(p, n)!;
        const offset = fixToVirtUnchecked(p, n) - slotVirt(p, number);
        expect(offset >= 0n && offset < 0x4_0000n).toBe(true);
      }
      expect(slotOfFixIdx(p, p.fixmap.btmapEnd - 1)).toBeUndefined();
      expect(slotOfFixIdx(p, p.fixmap.btmapBegin + 1)).toBeUndefined();
    }
  });

  it('fill exactly one pmd entry, in every profile and for any number of CPUs', () => {
    const builds = [
      ...profileNames.map((name) => profile(name)),
      ...[1, 64, 353, 354, 4096, 8192].map((n) => profile('linux-4.14', [`nr_cpus=${n}`])),
    ];
    for (const p of builds) {
      const lowest = fixToVirtUnchecked(p, p.fixmap.btmapBegin);
      expect(lowest % 0x20_0000n).toBe(0n);
      expect(fixToVirtUnchecked(p, p.fixmap.btmapEnd) - lowest).toBe(0x1f_f000n);
      expect(p.fixmap.btmapEnd).toBeGreaterThanOrEqual(p.fixmap.endOfPermanent);
    }
  });
});

describe('the name of an index', () => {
  it.each([
    [0, 'hole'],
    [511, 'VSYSCALL_PAGE'],
    [515, 'FIX_IO_APIC_BASE_0'],
    [518, 'FIX_IO_APIC_BASE_0+3'],
    [645, 'FIX_APEI_GHES_NMI'],
    [646, 'hole'],
    [1535, 'FIX_BTMAP slot 0 page 0'],
    [1402, 'FIX_BTMAP slot 2 page 5'],
    [1024, 'FIX_BTMAP slot 7 page 63'],
    [1536, 'FIX_TBOOT_BASE'],
    [1537, 'outside the fixmap'],
    [-1, 'outside the fixmap'],
  ])('%i is %s', (idx, name) => {
    expect(fixmapName(debian, fixIdx(idx))).toBe(name);
  });
});
