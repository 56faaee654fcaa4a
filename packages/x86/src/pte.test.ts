import { describe, expect, it } from 'vitest';
import {
  _KERNPG_TABLE,
  _PAGE_TABLE,
  describeFlags,
  entryPhys,
  isLeaf,
  isPresent,
  patIndex,
  patTypes,
  PTE,
  pte,
} from './pte.ts';

describe('entry flags', () => {
  it('of an early mapping read RW A D G NX', () => {
    expect(describeFlags('pte', 0x8000_0000_fed4_0163n)).toBe('RW A D G NX');
  });

  it('of a link to a lower table show who may pass', () => {
    expect(describeFlags('pmd', 0x32b_5000n | _PAGE_TABLE)).toBe('RW USR A D');
    expect(describeFlags('pmd', 0x32b_5000n | _KERNPG_TABLE)).toBe('RW A D');
  });

  it('name bit 7 PAT in a 4 KiB entry and PSE in a larger one', () => {
    expect(describeFlags('pte', 0x8000_0000_fed4_01fbn)).toBe('RW PWT PCD A D G PAT NX');
    expect(describeFlags('pmd', 0x8000_0000_fe00_01e3n)).toBe('RW A D G PSE NX');
    expect(describeFlags('pmd', 0x8000_0000_fe00_11e3n)).toBe('RW A D G PSE PAT NX');
  });

  it('name a protection key', () => {
    expect(describeFlags('pte', 0x161n | (5n << 59n))).toBe('A D G PKEY5');
  });

  it('tell an empty entry from one that only lacks Present', () => {
    expect(describeFlags('pte', 0n)).toBe('none');
    // mmiotrace leaves a trap of this form in a 2 MiB entry.
    expect(describeFlags('pmd', 0x800f_ffff_0140_00f2n)).toBe('not-present');
    expect(isPresent(0x800f_ffff_0140_00f2n)).toBe(false);
  });
});

describe('what an entry points to', () => {
  it('is a page in every pte and a lower table in an upper entry without PSE', () => {
    expect(isLeaf('pte', 0x163n)).toBe(true);
    expect(isLeaf('pmd', 0x067n)).toBe(false);
    expect(isLeaf('pmd', 0x1e3n)).toBe(true);
    expect(isLeaf('pud', 0x1e3n)).toBe(true);
  });

  it('is never a page above the pud', () => {
    expect(isLeaf('p4d', 0x1e3n)).toBe(false);
    expect(isLeaf('pgd', 0x1e3n)).toBe(false);
  });

  it('has its address without flags, NX, key, and without PAT bit 12 of a large page', () => {
    expect(entryPhys('pte', 0x8000_0000_fed4_0163n)).toBe(0xfed4_0000n);
    expect(entryPhys('pte', 0xf800_0000_fed4_1163n)).toBe(0xfed4_1000n);
    expect(entryPhys('pmd', 0x8000_0000_fe00_11e3n)).toBe(0xfe00_0000n);
    expect(entryPhys('pmd', 0x32b_5067n)).toBe(0x32b_5000n);
  });

  it('keeps 64 bits', () => {
    expect(pte(-1n)).toBe((1n << 64n) - 1n);
  });
});

describe('the memory type of a leaf', () => {
  const typeOf = (entry: bigint): string | undefined => patTypes[patIndex('pte', entry)];

  it('follows from PAT, PCD and PWT', () => {
    expect(typeOf(0x163n)).toBe('WB');
    expect(typeOf(0x16bn)).toBe('WC');
    expect(typeOf(0x173n)).toBe('UC-');
    expect(typeOf(0x17bn)).toBe('UC');
    expect(typeOf(0x1fbn)).toBe('WT');
  });

  it('takes PAT from bit 12 in a large page, where bit 7 means PSE', () => {
    expect(patIndex('pmd', 0x1f3n)).toBe(2);
    expect(patIndex('pmd', 0x1f3n | PTE.PAT_LARGE)).toBe(6);
  });
});
