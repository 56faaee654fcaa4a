import { describe, expect, it } from 'vitest';
import type { Finding } from './types.ts';
import { applySilences, parseSilence, selectRules } from './select.ts';

const anywhere = (): { from: number; to: number } => ({ from: 0, to: 10 });
const finding = (rule: string, last: number): Finding => ({
  rule,
  severity: 'error',
  message: '',
  first: last,
  last,
  span: { from: last + 1, to: last + 2 },
  lasting: false,
  culprit: null,
  details: [],
});

describe('a silence', () => {
  it('covers findings of its rule that show in its span, and gives its reason', () => {
    const silence = parseSilence('stale-tlb@0..10 = the page is not used', anywhere);
    const found = [finding('stale-tlb', 9), finding('stale-tlb', 10), finding('kernel-bug', 5)];
    expect(applySilences(found, [silence]).map(({ silenced }) => silenced)).toEqual([
      'the page is not used',
      undefined,
      undefined,
    ]);
  });

  it.each(['', 'stale-tlb', 'stale-tlb=', 'stale-tlb@1..2=  ', '=why', 'no-such-rule=why'])('is not %j', (text) => {
    expect(() => parseSilence(text, anywhere)).toThrow(expect.objectContaining({ code: 'option/invalid' }));
  });
});

describe('the rules that are run', () => {
  it('are those that were named, without those that were not wanted', () => {
    expect(selectRules(['stale-tlb', 'kernel-bug'], ['kernel-bug']).map(({ name }) => name)).toEqual(['stale-tlb']);
    expect(selectRules([], ['stale-tlb']).map(({ name }) => name)).not.toContain('stale-tlb');
    expect(() => selectRules(['stale'], [])).toThrow(expect.objectContaining({ code: 'option/invalid' }));
  });
});
