import { describe, expect, it } from 'vitest';
import { rowOf, table, type Result } from './table.ts';

const fuzzed: Result = {
  target: 'log',
  seed: 7,
  cases: 1234,
  seconds: 600.4,
  outcomes: { parsed: 1234 },
  slowestMs: 12.6,
  findings: [],
  peakMiB: 300.2,
  growthMiB: 41.7,
  growthIndex: 3,
};
const killed: Result = {
  job: 'closing',
  seed: 7,
  rounds: 200,
  before: 1,
  during: 2,
  whole: 3,
  outlived: 194,
  resumed: 0,
  problems: ['round 5 of seed 7: lost'],
};

describe('the table of the long forms', () => {
  it('has a line for each, the later of two', () => {
    const text = table([fuzzed, { ...fuzzed, seed: 8 }, killed]);
    expect(text).not.toContain('| 7 | 1,234 cases');
    expect(text).toContain('| fuzz: log | 600 s | 8 | 1,234 cases, slowest 13 ms, at most 300 MiB, one case 42 | 0 |');
    expect(text).toContain('| kill: closing | 200 kills | 7 |');
    expect(text.split('\n')).toHaveLength(4);
  });

  it('counts what is not as it should be', () => {
    expect(rowOf(killed).problems).toEqual(['round 5 of seed 7: lost']);
    const crashed: Result = { ...fuzzed, findings: [{ index: 3, what: 'TypeError' }] };
    expect(rowOf(crashed).problems).toEqual(['log, case 3 of seed 7: TypeError']);
  });
});
