import { describe, expect, it } from 'vitest';
import {
  addressMarkers,
  cacheModeBits,
  cacheModeName,
  cacheModeNumber,
  cacheModeOfBits,
  cacheModes,
  guardHole,
  isVmallocAddress,
  profile,
  protFor4kInLarge,
  vmallocEnd,
  vmemmapStart,
} from './index.ts';

describe('regions of the address space', () => {
  it.each([
    ['linux-6.1', [], 0xffff_e900_0000_0000n, 0xffff_ea00_0000_0000n],
    ['linux-4.4', [], 0xffff_e900_0000_0000n, 0xffff_ea00_0000_0000n],
    ['linux-6.1', ['la57=y'], 0xffd2_0000_0000_0000n, 0xffd4_0000_0000_0000n],
  ] as const)('knows in %s %s where the vmalloc area ends and struct page starts', (name, options, end, start) => {
    expect(vmallocEnd(profile(name, options))).toBe(end);
    expect(vmemmapStart(profile(name, options))).toBe(start);
  });

  it('knows which addresses are of the vmalloc area', () => {
    const p = profile('linux-6.1');
    expect(
      [p.vmallocStart - 1n, p.vmallocStart, vmallocEnd(p) - 1n, vmallocEnd(p)].map((address) =>
        isVmallocAddress(p, address),
      ),
    ).toEqual([false, true, true, false]);
    expect(guardHole(p)).toEqual({ start: 0xffff_8000_0000_0000n, end: 0xffff_8800_0000_0000n });
    expect(guardHole(profile('linux-6.1', ['la57=y'])).end).toBe(0xff10_0000_0000_0000n);
  });

  const names = (name: string, ...options: string[]): string[] =>
    addressMarkers(profile(name, options)).map((marker) => marker.name);

  it('marks in a dump what the kernel of the profile marks', () => {
    const basic = [
      'User Space',
      'Kernel Space',
      'Low Kernel Mapping',
      'vmalloc() Area',
      'Vmemmap',
      'ESPfix Area',
      'EFI Runtime Services',
      'High Kernel Mapping',
      'Modules',
      'End Modules',
    ];
    expect(names('linux-4.4')).toEqual(basic);
    expect(names('linux-4.14')).toEqual(basic);
    expect(names('linux-4.19')).toEqual([
      ...basic.slice(0, 5),
      'CPU entry Area',
      'LDT remap',
      ...basic.slice(5),
      'Fixmap Area',
    ]);
    expect(names('linux-6.1')).toEqual([
      ...basic.slice(0, 2),
      'LDT remap',
      ...basic.slice(2, 5),
      'CPU entry Area',
      ...basic.slice(5),
      'Fixmap Area',
    ]);
    expect(names('linux-6.1', 'CONFIG_EFI=n', 'CONFIG_X86_ESPFIX64=n', 'CONFIG_MODIFY_LDT_SYSCALL=n')).toHaveLength(10);
  });

  it('marks by rising address', () => {
    for (const name of ['linux-4.4', 'linux-4.19', 'linux-6.1']) {
      const starts = addressMarkers(profile(name)).map((marker) => marker.start);
      expect(starts).toEqual(starts.toSorted((a, b) => (a < b ? -1 : 1)));
    }
  });
});

describe('memory types', () => {
  const p = profile('linux-6.1');

  it('have the numbers and names of the kernel', () => {
    expect(cacheModes.map(cacheModeNumber)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(cacheModes.map(cacheModeName)).toEqual([
      'write-back',
      'write-combining',
      'uncached-minus',
      'uncached',
      'write-through',
      'write-protected',
    ]);
  });

  it('have bits by the slot of the PAT that holds them', () => {
    expect(cacheModes.map((mode) => cacheModeBits(p, mode))).toEqual([0n, 0x8n, 0x10n, 0x18n, 0x98n, 0x88n]);
    // 4.4 has no slot for write-protect.
    expect(cacheModeBits(profile('linux-4.4'), 'WP')).toBe(0x10n);
  });

  it('are found again in an entry', () => {
    for (const mode of cacheModes)
      expect(cacheModeOfBits(p, 0x8000_0000_0000_0163n | cacheModeBits(p, mode))).toBe(mode);
  });

  it('move their PAT bit to bit 12 in a large page', () => {
    expect(protFor4kInLarge(0x8000_0000_0000_01fbn)).toBe(0x8000_0000_0000_117bn);
    expect(protFor4kInLarge(0x8000_0000_0000_0173n)).toBe(0x8000_0000_0000_0173n);
  });
});
