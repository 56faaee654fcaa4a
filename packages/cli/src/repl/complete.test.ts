import type { DebugSession } from '@kwind/debugger';
import { profile } from '@kwind/x86';
import { describe, expect, it } from 'vitest';
import { complete } from './complete.ts';

const build = profile('linux-6.1');
const breakpoint = {
  kind: 'break',
  what: 'pte.*',
  condition: '',
  enabled: true,
  temporary: false,
  hits: 0,
  ignore: 0,
  commands: [],
} as const;
const session: Pick<DebugSession, 'dispatch'> = {
  dispatch: (command) =>
    command.do === 'info' && command.topic === 'breakpoints'
      ? { type: 'breakpoints', breakpoints: [1, 12].map((number) => ({ ...breakpoint, number })) }
      : { type: 'bookmarks', bookmarks: [{ name: 'before-leak', position: 12, note: '' }] },
};
const at = (line: string): [string[], string] =>
  complete(line, {
    session,
    profile: build,
    addresses: () => ['0xffffffffff200000', '0xffffffffff240000', '0xfee00000'],
  });

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
    ['goto li', ['line:'], 'li'],
    ['info event @b', ['@before-leak '], '@b'],
    ['tcatch st', ['stale '], 'st'],
    ['commands ', ['1', '12'], ''],
    ['each slot.cl', ['slot.claimed '], 'slot.cl'],
    ['each slot.claimed print slots_i', ['slots_in_use '], 'slots_i'],
    ['history fix FIX_APIC', ['FIX_APIC_BASE '], 'FIX_APIC'],
    ['walk bm_p', ['bm_pte '], 'bm_p'],
    ['i sl', ['slots '], 'sl'],
    ['inf sl', ['slots '], 'sl'],
    ['delete bookmark b', ['before-leak '], 'b'],
    ['walk 0xffffffffff24', ['0xffffffffff240000 '], '0xffffffffff24'],
    ['last pte 0xfee', ['0xfee00000 '], '0xfee'],
    ['print slots_i', ['slots_in_use '], 'slots_i'],
    ['print 1+slots_i', ['slots_in_use '], 'slots_i'],
    ['print slots[3].prev_m', ['slots[3].prev_map'], 'slots[3].prev_m'],
    ['break pte.* if slots_in_use == 2 && !slots[0].in_u', ['slots[0].in_use'], 'slots[0].in_u'],
    ['break if page_f', ['page_flushes '], 'page_f'],
    ['info calls early_iou', ['early_iounmap '], 'early_iou'],
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
