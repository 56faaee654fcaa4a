import { describe, expect, it } from 'vitest';
import {
  isCanonical,
  offsetInPage,
  PAGE_SIZE,
  pageAlign,
  pfnOf,
  physAddr,
  physOfPfn,
  vaddr,
  vaddrOfVpn,
  vpnOf,
} from './address.ts';
import { coverageOf, indexAt, levels, shiftOf, walkLevels } from './paging.ts';

describe('addresses', () => {
  it('keep every bit through page numbers, up to the last page', () => {
    for (const address of [0n, 0x1000n, 0xfed4_0000n, 0x000f_ffff_ffff_f000n]) {
      expect(physOfPfn(pfnOf(physAddr(address)))).toBe(address);
    }
    for (const address of [0n, 0xffff_8880_0000_0000n, 0xffff_ffff_ff20_0000n, 0xffff_ffff_ffff_f000n]) {
      expect(vaddrOfVpn(vpnOf(vaddr(address)))).toBe(address);
    }
  });

  it('wrap at 64 bits', () => {
    expect(vaddr(-1n)).toBe(0xffff_ffff_ffff_ffffn);
    expect(physAddr(1n << 64n)).toBe(0n);
  });

  it('round up to a page as PAGE_ALIGN does, wrapping to 0 at the top', () => {
    expect(pageAlign(0n)).toBe(0n);
    expect(pageAlign(1n)).toBe(PAGE_SIZE);
    expect(pageAlign(PAGE_SIZE)).toBe(PAGE_SIZE);
    expect(pageAlign(0xffff_ffff_ffff_f001n)).toBe(0n);
    expect(offsetInPage(0xfed4_0123n)).toBe(0x123n);
  });

  it('are canonical when the bits above the address width all equal the top one', () => {
    expect(isCanonical(0x0000_7fff_ffff_ffffn, 4)).toBe(true);
    expect(isCanonical(0x0000_8000_0000_0000n, 4)).toBe(false);
    expect(isCanonical(0xffff_8000_0000_0000n, 4)).toBe(true);
    expect(isCanonical(0xff11_0000_0000_0000n, 4)).toBe(false);
    expect(isCanonical(0xff11_0000_0000_0000n, 5)).toBe(true);
    expect(isCanonical(0x00ff_ffff_ffff_ffffn, 5)).toBe(true);
    expect(isCanonical(0x0100_0000_0000_0000n, 5)).toBe(false);
  });
});

describe('a walk', () => {
  const indicesOf = (address: bigint, nrLevels: 4 | 5): number[] =>
    walkLevels(nrLevels).map((level) => indexAt(level, vaddr(address), nrLevels));

  it('of the first early window goes through pgd 511, pud 511, pmd 505, pte 0', () => {
    expect(indicesOf(0xffff_ffff_ff20_0000n, 4)).toEqual([511, 511, 505, 0]);
  });

  it('of FIX_APIC_BASE, the vsyscall page and the vmalloc area takes the documented indices', () => {
    expect(indicesOf(0xffff_ffff_ff5f_d000n, 4)).toEqual([511, 511, 506, 509]);
    expect(indicesOf(0xffff_ffff_ff60_0000n, 4)).toEqual([511, 511, 507, 0]);
    expect(indicesOf(0xffff_c900_0000_0000n, 4)[0]).toBe(402);
  });

  it('with 5 levels starts nine bits higher', () => {
    expect(indicesOf(0xff11_0000_0000_0000n, 5)).toEqual([273, 0, 0, 0, 0]);
    expect(indicesOf(0xffff_ffff_ff20_0000n, 5)).toEqual([511, 511, 511, 505, 0]);
  });

  it('splits an address without gap or overlap', () => {
    for (const nrLevels of [4, 5] as const) {
      for (const address of [0n, 0x0000_7fff_dead_beefn, 0xffff_8880_0123_4567n, 0xffff_ffff_ffff_ffffn]) {
        const bits = walkLevels(nrLevels).reduce(
          (sum, level) => sum + (BigInt(indexAt(level, vaddr(address), nrLevels)) << shiftOf(level, nrLevels)),
          offsetInPage(address),
        );
        expect(bits).toBe(BigInt.asUintN(nrLevels === 5 ? 57 : 48, address));
      }
    }
  });

  it('folds the p4d into the pgd with 4 levels', () => {
    expect(shiftOf('p4d', 4)).toBe(shiftOf('pgd', 4));
    expect(levels.map((level) => coverageOf(level, 5))).toEqual([
      1n << 12n,
      1n << 21n,
      1n << 30n,
      1n << 39n,
      1n << 48n,
    ]);
  });
});
