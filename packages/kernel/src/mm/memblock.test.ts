import { describe, expect, it } from 'vitest';
import { memoryRuns } from './memblock.ts';

describe('RAM in whole pages', () => {
  it('loses what is no whole page at the ends of a run', () => {
    expect(memoryRuns([{ start: 0x1001n, end: 0x9_fc00n }])).toEqual([{ start: 0x2000n, end: 0x9_f000n }]);
  });
  it('keeps the page over the seam of two entries: neighbours are joined first', () => {
    const ram = [
      { start: 0x10_0000n, end: 0x20_0018n },
      { start: 0x20_0018n, end: 0x20_3918n },
      { start: 0x20_3918n, end: 0x40_0000n },
    ];
    expect(memoryRuns(ram)).toEqual([{ start: 0x10_0000n, end: 0x40_0000n }]);
  });
  it('has no run where no whole page is left', () => {
    expect(memoryRuns([{ start: 0x1001n, end: 0x1fffn }])).toEqual([]);
  });
});
