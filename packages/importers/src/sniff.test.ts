import { describe, expect, it } from 'vitest';
import { importFormats } from './registry.ts';
import { detectFormat, isGzip } from './sniff.ts';

describe('the format of a file', () => {
  it.each([
    ['boot-log', '[    0.000000] Linux version 6.1.0-56-amd64 (a@b)\n'],
    ['boot-log', 'SeaBIOS\r\n\r\nBooting from ROM...\r\n[    0.000000] Command line: x\r\n'],
    ['boot-log', '** 411 printk messages dropped **\n RAX: 0'],
    ['boot-log', 'early_iounmap((____ptrval____), 00000178) [1]'],
    ['capture', '{"n": 0, "f": "setup_arch", "a": []}\n{"n": 1'],
    ['events', '\n{"seq":0,"type":"pte.written"}\n'],
    ['unknown', '{"a":1}\n'],
    ['unknown', '{"n": 0, "f'],
    ['unknown', 'profile linux-6.1\nboot\na = early_ioremap(0xf0000, 0x10000)\n'],
    ['unknown', ''],
  ])('is %s for %j', (format, text) => {
    expect(detectFormat(text)).toBe(format);
    expect(detectFormat(new TextEncoder().encode(text))).toBe(format);
  });

  it('is not looked for in packed bytes', () => {
    expect(isGzip(Uint8Array.of(0x1f, 0x8b, 8))).toBe(true);
    expect(isGzip(new Uint8Array())).toBe(false);
  });

  it('is listed with a way to make such a file', () => {
    expect(importFormats.map(({ id }) => id)).toEqual(['boot-log', 'capture']);
  });
});
