import { describe, expect, it } from 'vitest';
import { changeText } from './stopped.ts';

describe('a change in a list', () => {
  it('shows values that hold 64-bit numbers', () => {
    const change = {
      kind: 'value',
      path: 'memtypes.pages[0]',
      before: null,
      after: { start: 0x1000n, end: 0x2000n, type: 'UC-' },
    } as const;
    expect(changeText(change)).toBe('memtypes.pages[0]  nothing -> {"start":"0x1000","end":"0x2000","type":"UC-"}');
  });

  it('shows a range that came, went or was renamed', () => {
    const [rtc, rtc0] = ['rtc', 'rtc0'].map((name) => ({ start: 0x70n, end: 0x77n, name, depth: 0 }));
    expect(changeText({ kind: 'range', what: 'ioport', before: null, after: rtc! })).toBe(
      'ioport  nothing  ->  0x70-0x77  rtc',
    );
    expect(changeText({ kind: 'range', what: 'ioport', before: rtc!, after: rtc0! })).toBe(
      'ioport  0x70-0x77  rtc  ->  0x70-0x77  rtc0',
    );
  });
});
