import { describe, expect, it } from 'vitest';
import { bare16, bare8, hex, hex16, parseNumber, parseVaddr } from './hex.ts';

describe('printing', () => {
  it('gives JSON the digits needed and the screen all sixteen', () => {
    expect(hex(0n)).toBe('0x0');
    expect(hex(0xfed4_0000n)).toBe('0xfed40000');
    expect(hex(4096)).toBe('0x1000');
    expect(hex(-0x20n)).toBe('-0x20');
    expect(hex16(0xfed4_0000n)).toBe('0x00000000fed40000');
    expect(hex16(-1n)).toBe('0xffffffffffffffff');
  });

  it('pads as the kernel formats %016lx and %08lx do, and never cuts', () => {
    expect(bare16(0x123n)).toBe('0000000000000123');
    expect(bare8(0xf6000n)).toBe('000f6000');
    expect(bare8(0xffff_ffff_ff24_0000n)).toBe('ffffffffff240000');
  });
});

describe('parseNumber', () => {
  it('reads hex, decimal, digit groups and binary units', () => {
    expect(parseNumber('0xfed4_0000')).toBe(0xfed4_0000n);
    expect(parseNumber('0XFED40000')).toBe(0xfed4_0000n);
    expect(parseNumber(' 4_096 ')).toBe(4096n);
    expect(parseNumber('010')).toBe(10n);
    expect(parseNumber('256K')).toBe(0x4_0000n);
    expect(parseNumber('0x10m')).toBe(0x100_0000n);
    expect(parseNumber('1T')).toBe(1n << 40n);
    expect(parseNumber('0xffffffffffffffff')).toBe((1n << 64n) - 1n);
  });

  it.each(['', 'fed40000', '-1', '+1', '1.5', '0x', '_1', '1_', '1__0', '0x_1', '1KB', '12 K', 'K'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseNumber(text)).toThrow(expect.objectContaining({ code: 'number/invalid' }));
    },
  );

  it('refuses what 64 bits cannot hold', () => {
    expect(() => parseNumber('0x10000000000000000')).toThrow(expect.objectContaining({ code: 'number/invalid' }));
    expect(() => parseNumber('16777216T')).toThrow(expect.objectContaining({ code: 'number/invalid' }));
    expect(parseNumber('16777215T')).toBe(0xffff_ff00_0000_0000n);
  });

  it('names what it was asked to read', () => {
    expect(() => parseNumber('x', 'size')).toThrow(
      expect.objectContaining({ message: expect.stringContaining('size "x"') }),
    );
  });
});

describe('parseVaddr', () => {
  it('takes kernel addresses with and without 0x, in either case, grouped or not', () => {
    const forms = [
      '0xffffffffff200000',
      'ffffffffff200000',
      'FFFFFFFFFF200000',
      'ffffffff_ff200000',
      ' ffffffffff200000 ',
    ];
    for (const text of forms) expect(parseVaddr(text)).toBe(0xffff_ffff_ff20_0000n);
  });

  it('reads bare digits as hex when a letter or the full width says so, else as decimal', () => {
    expect(parseVaddr('fed40')).toBe(0xfed40n);
    expect(parseVaddr('0000000000100000')).toBe(0x10_0000n);
    expect(parseVaddr('100000')).toBe(100_000n);
    expect(parseVaddr('0x1000')).toBe(0x1000n);
    expect(parseVaddr('1M')).toBe(0x10_0000n);
  });

  it.each(['', 'face', 'bm_pte', '0xzz', 'ffffffffff200000h', '-4096', '1ffffffffff200000f'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseVaddr(text)).toThrow(expect.objectContaining({ code: 'address/invalid' }));
    },
  );

  it('says so when a number is an address but too wide', () => {
    expect(() => parseVaddr('0x1ffffffffff200000')).toThrow(
      expect.objectContaining({ message: expect.stringContaining('does not fit in 64 bits') }),
    );
  });

  it('refuses a non-canonical address and offers the sign-extended one', () => {
    expect(() => parseVaddr('0x00ff800000000000')).toThrow(
      expect.objectContaining({ code: 'address/not-canonical', hint: expect.stringContaining('0xffff800000000000') }),
    );
  });

  it('takes with 5 levels what it refuses with 4', () => {
    expect(() => parseVaddr('0xff11000000000000', 4)).toThrow(
      expect.objectContaining({ code: 'address/not-canonical' }),
    );
    expect(parseVaddr('0xff11000000000000', 5)).toBe(0xff11_0000_0000_0000n);
    expect(() => parseVaddr('0x0100000000000000', 5)).toThrow(
      expect.objectContaining({ code: 'address/not-canonical' }),
    );
  });

  it('reads back every address that hex16 and bare16 print', () => {
    for (let bit = 0n; bit < 47n; bit += 1n) {
      for (const address of [1n << bit, (1n << 64n) - (1n << bit)]) {
        expect(parseVaddr(hex16(address))).toBe(address);
        expect(parseVaddr(bare16(address))).toBe(address);
        expect(parseVaddr(hex(address))).toBe(address);
      }
    }
  });
});
