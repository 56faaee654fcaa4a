import { describe, expect, it } from 'vitest';
import { closingLine, summarize, type Report } from './ci.ts';

const report = (passed: number, failed: number, skipped = 0): Report => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: skipped,
  testResults: [],
});
const steps = (test: number, lint = 0): { name: string; code: number }[] => [
  { name: 'test', code: test },
  { name: 'lint', code: lint },
];

describe('the closing line of a CI run', () => {
  it('counts tests', () => {
    expect(closingLine(summarize(report(12, 0), steps(0)))).toBe('12 passed, 0 failed');
    expect(closingLine(summarize(report(12, 0, 3), steps(0)))).toBe('12 passed, 0 failed, 3 skipped');
    expect(closingLine(summarize(report(10, 2), steps(1)))).toBe('10 passed, 2 failed');
  });

  it('counts a failed step beside the tests', () => {
    const summary = summarize(report(12, 0), steps(0, 1));
    expect(closingLine(summary)).toBe('12 passed, 1 failed');
    expect(summary.problems).toEqual(['lint ended with exit code 1']);
  });

  it('counts a test file that could not be loaded', () => {
    const testResults = [{ name: 'a.test.ts', status: 'failed', assertionResults: [] }];
    expect(closingLine(summarize({ ...report(12, 0), testResults }, steps(1)))).toBe('12 passed, 1 failed');
  });

  it('fails when the tests ended badly without a failed test, or when none ran', () => {
    expect(closingLine(summarize(report(12, 0), steps(1)))).toBe('12 passed, 1 failed');
    expect(summarize(null, steps(69)).failed).toBeGreaterThan(0);
    expect(summarize(report(0, 0), steps(0)).problems).toEqual(['no test was run']);
  });
});
