import { describe, expect, it } from 'vitest';
import { btmapEndFor } from './fixmap-table.ts';
import { fixmapEnumerators } from './fixmap-query.ts';
import { fixaddrSize, fixaddrStart, fixToVirtUnchecked } from './fixmap.ts';
import type { KernelProfile } from './profile.ts';
import { profile } from './profiles/index.ts';

const numbersOf = (p: KernelProfile): Record<string, number> => Object.fromEntries(fixmapEnumerators(p));
/** First index, last index + 1, and the early window, as the reference tables list them. */
const endsOf = (p: KernelProfile): number[] => [
  p.fixmap.endOfPermanent,
  p.fixmap.btmapEnd,
  p.fixmap.btmapBegin,
  p.fixmap.endOfFixed,
];

describe('FIX_BTMAP_END', () => {
  it('is the end of the permanent ones, moved up to a multiple of 512 unless it is one', () => {
    expect(btmapEndFor(512, 512)).toBe(512);
    expect(btmapEndFor(513, 512)).toBe(1024);
    expect(btmapEndFor(1023, 512)).toBe(1024);
    expect(btmapEndFor(134, 512)).toBe(512);
    expect(btmapEndFor(0, 512)).toBe(0);
  });
});

describe('the fixmap of Debian 6.1 and 6.12', () => {
  it.each(['linux-6.1', 'linux-6.12'])('%s has the numbers of the shipped kernel', (name) => {
    expect(numbersOf(profile(name))).toEqual({
      VSYSCALL_PAGE: 511,
      FIX_DBGP_BASE: 512,
      FIX_EARLYCON_MEM_BASE: 513,
      FIX_APIC_BASE: 514,
      FIX_IO_APIC_BASE_0: 515,
      FIX_IO_APIC_BASE_END: 642,
      FIX_PARAVIRT_BOOTMAP: 643,
      FIX_APEI_GHES_IRQ: 644,
      FIX_APEI_GHES_NMI: 645,
      __end_of_permanent_fixed_addresses: 646,
      FIX_BTMAP_END: 1024,
      FIX_BTMAP_BEGIN: 1535,
      FIX_TBOOT_BASE: 1536,
      __end_of_fixed_addresses: 1537,
    });
  });

  it('has the addresses of the shipped kernel', () => {
    const at = (idx: number): bigint => fixToVirtUnchecked(profile('linux-6.1'), idx);
    expect([511, 512, 513, 514, 515, 642].map(at)).toEqual([
      0xffff_ffff_ff60_0000n,
      0xffff_ffff_ff5f_f000n,
      0xffff_ffff_ff5f_e000n,
      0xffff_ffff_ff5f_d000n,
      0xffff_ffff_ff5f_c000n,
      0xffff_ffff_ff57_d000n,
    ]);
    expect([643, 644, 645, 1024, 1535, 1536].map(at)).toEqual([
      0xffff_ffff_ff57_c000n,
      0xffff_ffff_ff57_b000n,
      0xffff_ffff_ff57_a000n,
      0xffff_ffff_ff3f_f000n,
      0xffff_ffff_ff20_0000n,
      0xffff_ffff_ff1f_f000n,
    ]);
  });

  it('without vsyscall emulation, TXT, paravirt and GHES is the smallest of the series', () => {
    const p = profile('linux-6.1', [
      'CONFIG_X86_VSYSCALL_EMULATION=n',
      'CONFIG_INTEL_TXT=n',
      'CONFIG_PARAVIRT_XXL=n',
      'CONFIG_ACPI_APEI_GHES=n',
    ]);
    expect(numbersOf(p)).toMatchObject({ FIX_APIC_BASE: 2, FIX_IO_APIC_BASE_0: 3, FIX_IO_APIC_BASE_END: 130 });
    expect(endsOf(p)).toEqual([131, 512, 1023, 1024]);
    expect(fixaddrSize(p)).toBe(524n * 1024n);
  });

  it('without TXT, paravirt and GHES, as built by hand, ends at 643 and 1536', () => {
    const p = profile('linux-6.1', ['CONFIG_INTEL_TXT=n', 'CONFIG_PARAVIRT_XXL=n', 'CONFIG_ACPI_APEI_GHES=n']);
    expect(endsOf(p)).toEqual([643, 1024, 1535, 1536]);
  });

  it('does not depend on NR_CPUS', () => {
    expect(profile('linux-6.1', ['nr_cpus=1']).fixmap).toEqual(profile('linux-6.1').fixmap);
  });
});

describe('the fixmap of 4.x', () => {
  it('4.4 begins with the pvclock pages', () => {
    const p = profile('linux-4.4');
    expect(numbersOf(p)).toMatchObject({
      VSYSCALL_PAGE: 511,
      PVCLOCK_FIXMAP_BEGIN: 512,
      PVCLOCK_FIXMAP_END: 519,
      FIX_DBGP_BASE: 520,
      FIX_EARLYCON_MEM_BASE: 521,
      FIX_APIC_BASE: 522,
      FIX_IO_APIC_BASE_0: 523,
      FIX_IO_APIC_BASE_END: 650,
      FIX_RO_IDT: 651,
      FIX_PARAVIRT_BOOTMAP: 652,
      FIX_TEXT_POKE1: 653,
      FIX_TEXT_POKE0: 654,
      FIX_TBOOT_BASE: 1536,
    });
    expect(endsOf(p)).toEqual([655, 1024, 1535, 1537]);
    expect(fixaddrStart(p)).toBe(0xffff_ffff_ff57_0000n);
    expect(fixaddrSize(p)).toBe(2620n * 1024n);
  });

  it('4.4 has 64 pvclock records a page', () => {
    const pages = (nrCpus: number): number | undefined =>
      profile('linux-4.4', [`nr_cpus=${nrCpus}`]).fixmap.entries.find(({ name }) => name === 'PVCLOCK_FIXMAP_BEGIN')
        ?.pages;
    expect([1, 64, 65, 512, 8192].map(pages)).toEqual([1, 1, 2, 8, 128]);
  });

  it('4.5 to 4.11 is the one of the book with the options of a distribution', () => {
    const p = profile('linux-insides', ['CONFIG_X86_VSYSCALL_EMULATION=y', 'CONFIG_PARAVIRT=y']);
    expect(numbersOf(p)).toMatchObject({
      FIX_APIC_BASE: 514,
      FIX_RO_IDT: 643,
      FIX_PARAVIRT_BOOTMAP: 644,
      FIX_TEXT_POKE1: 645,
      FIX_TEXT_POKE0: 646,
    });
    expect(endsOf(p)).toEqual([647, 1024, 1535, 1537]);
    expect(fixaddrSize(p)).toBe(2588n * 1024n);
  });

  it('4.14 holds a GDT page per CPU, which pushes the early window down a pmd entry', () => {
    const p = profile('linux-4.14');
    expect(numbersOf(p)).toMatchObject({
      FIX_TEXT_POKE0: 646,
      FIX_GDT_REMAP_BEGIN: 647,
      FIX_GDT_REMAP_END: 1158,
      FIX_TBOOT_BASE: 2048,
    });
    expect(endsOf(p)).toEqual([1159, 1536, 2047, 2049]);
    expect(fixaddrStart(p)).toBe(0xffff_ffff_ff37_8000n);
    expect(fixaddrSize(p)).toBe(4636n * 1024n);
    expect(fixToVirtUnchecked(p, 1536)).toBe(0xffff_ffff_ff1f_f000n);
    expect(fixToVirtUnchecked(p, 2047)).toBe(0xffff_ffff_ff00_0000n);
  });

  it('4.19 dropped the IDT and the GDTs and gained the GHES pages', () => {
    const p = profile('linux-4.19');
    expect(numbersOf(p)).toMatchObject({
      FIX_IO_APIC_BASE_END: 642,
      FIX_PARAVIRT_BOOTMAP: 643,
      FIX_TEXT_POKE1: 644,
      FIX_TEXT_POKE0: 645,
      FIX_APEI_GHES_IRQ: 646,
      FIX_APEI_GHES_NMI: 647,
    });
    expect(numbersOf(p)).not.toHaveProperty('FIX_RO_IDT');
    expect(endsOf(p)).toEqual([648, 1024, 1535, 1537]);
    expect(fixaddrStart(p)).toBe(0xffff_ffff_ff57_7000n);
    expect(fixaddrSize(p)).toBe(2592n * 1024n);
  });

  it('of the book has 134 permanent pages and its early window where level1_fixmap_pgt was linked', () => {
    const p = profile('linux-insides');
    expect(numbersOf(p)).toMatchObject({
      FIX_DBGP_BASE: 0,
      FIX_EARLYCON_MEM_BASE: 1,
      FIX_APIC_BASE: 2,
      FIX_IO_APIC_BASE_0: 3,
      FIX_IO_APIC_BASE_END: 130,
      FIX_RO_IDT: 131,
      FIX_TEXT_POKE1: 132,
      FIX_TEXT_POKE0: 133,
      FIX_TBOOT_BASE: 1024,
    });
    expect(endsOf(p)).toEqual([134, 512, 1023, 1025]);
    expect(fixToVirtUnchecked(p, 512)).toBe(0xffff_ffff_ff5f_f000n);
    expect(fixToVirtUnchecked(p, 1023)).toBe(0xffff_ffff_ff40_0000n);
  });

  it('of the book with paravirt has one page more', () => {
    const p = profile('linux-insides', ['CONFIG_PARAVIRT=y']);
    expect(numbersOf(p)).toMatchObject({
      FIX_RO_IDT: 131,
      FIX_PARAVIRT_BOOTMAP: 132,
      FIX_TEXT_POKE1: 133,
      FIX_TEXT_POKE0: 134,
    });
    expect(endsOf(p)).toEqual([135, 512, 1023, 1025]);
    expect(fixaddrStart(p)).toBe(0xffff_ffff_ff77_8000n);
    expect(fixaddrSize(p)).toBe(540n * 1024n);
  });
});

describe('rows', () => {
  it('follow each other without overlap and within the table', () => {
    for (const name of ['linux-insides', 'linux-4.4', 'linux-4.14', 'linux-4.19', 'linux-6.1']) {
      let next = 0;
      const { entries, endOfFixed } = profile(name, [
        'CONFIG_PROVIDE_OHCI1394_DMA_INIT=y',
        'CONFIG_X86_INTEL_MID=y',
      ]).fixmap;
      for (const { index, pages } of entries) {
        expect(index).toBeGreaterThanOrEqual(next);
        next = index + pages;
      }
      expect(next).toBe(endOfFixed);
    }
  });

  it('appear with their option', () => {
    const p = profile('linux-6.1', ['CONFIG_PROVIDE_OHCI1394_DMA_INIT=y']);
    expect(numbersOf(p)).toMatchObject({ FIX_OHCI1394_BASE: 514, FIX_APIC_BASE: 515 });
  });
});
