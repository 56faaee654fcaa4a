import { describe, expect, it } from 'vitest';
import { tokenize } from './tokenize.ts';

const message = 'early_iounmap(ffffffffff240a20, 00000178) [1]';
const prefixes: readonly (readonly [string, number])[] = [
  ['', -1],
  ['[    0.000000] ', 0],
  ['[   12.345678] ', 12.345678],
  ['<4>[    0.000000] ', 0],
  ['<4>', -1],
  ['[    0.000000] [    T0] ', 0],
  ['[    0.000000][    T0] ', 0],
  ['[T0] ', -1],
  ['[    1.500000 <    0.250000>] ', 1.5],
  ['[Thu Jan  1 00:00:00 2026] ', -1],
  ['kern  :warn  : [    0.000000] ', 0],
  ['Jan  1 00:00:00 host kernel: ', -1],
  ['Jan 01 00:00:00 host-1.example kernel[1]: [    0.000000] ', 0],
  ['2026-01-01T00:00:00,123456+00:00 ', -1],
  ['2026-01-01T00:00:00.123456+0000 host kernel: ', -1],
  ['[    0.000000] host kernel: ', 0],
  ['4,123,1500000,-;', 1.5],
  ['4,123,0,-,caller=T0;', 0],
  ['[2026-01-01 00:00:00] [    0.000000] ', 0],
];

describe('a log line', () => {
  for (const [prefix, time] of prefixes) {
    it(`has its message after "${prefix}"`, () => {
      expect(tokenize(prefix + message, 7)).toEqual({ no: 7, raw: prefix + message, text: message, time });
    });
  }

  it('keeps the indentation of a frame and brackets of its own', () => {
    expect(tokenize('[    0.000000]  ? dmi_setup+0xfa/0x26f', 1).text).toBe(' ? dmi_setup+0xfa/0x26f');
    expect(tokenize('[    0.000000] [mem 0x20000000-0xafffffff] available', 1).text).toBe(
      '[mem 0x20000000-0xafffffff] available',
    );
    expect(tokenize(' [<ffffffff817c627b>] dump_stack+0x45/0x56', 1).text).toBe(
      ' [<ffffffff817c627b>] dump_stack+0x45/0x56',
    );
  });
});
