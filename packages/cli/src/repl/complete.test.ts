import type { DebugSession } from '@kwind/debugger';
import { profile } from '@kwind/x86';
import { describe, expect, it } from 'vitest';
import { complete } from './complete.ts';

const build = profile('linux-6.1');
const session: Pick<DebugSession, 'dispatch'> = {
  dispatch: () => ({ type: 'bookmarks', bookmarks: [{ name: 'before-leak', position: 12, note: '' }] }),
};
const at = (line: string): [string[], string] => complete(line, { session, profile: build });

describe('complete', () => {
  it.each([
    ['got', ['goto '], 'got'],
    ['sour', ['source '], 'sour'],
    ['info sl', ['slots '], 'sl'],
    ['help reverse-n', ['reverse-next '], 'reverse-n'],
    ['break slot.cl', ['slot.claimed '], 'slot.cl'],
    ['b early_memu', ['early_memunmap '], 'early_memu'],
    ['goto @b', ['@before-leak '], '@b'],
    ['goto ph', ['phase:'], 'ph'],
    ['history fix FIX_APIC', ['FIX_APIC_BASE '], 'FIX_APIC'],
    ['walk bm_p', ['bm_pte '], 'bm_p'],
  ])('%s', (line, candidates, word) => {
    expect(at(line)).toEqual([candidates, word]);
  });

  it('offers every command on an empty line, sorted and once', () => {
    const [all] = at('');
    expect(all).toContain('reverse-step');
    expect(all).toEqual([...new Set(all)].sort());
  });

  it('has nothing to offer after a word that is no command', () => {
    expect(at('nonsense ab')).toEqual([[], 'ab']);
  });
});
