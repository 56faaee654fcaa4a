import { describe, expect, it } from 'vitest';
import { stateHash } from '@kwind/state';
import { Timeline } from '@kwind/timeline';
import type { BranchToSave } from './commands/branch.ts';
import { kernel, refusalOf, typed } from './testing/session.ts';

describe('a what-if call', () => {
  it('shows its effects and leaves the recording as it was', () => {
    const session = typed();
    const { timeline, end } = session;
    const before = stateHash(timeline.at(end).state);
    session.do('goto end');
    session.do('reverse-next 2');
    const fork = session.position;
    const answer = session.ask('call set_fixmap(3, 0xfee00000)', 'branch');
    expect(answer.forkedAt).toBe(fork);
    expect(answer.calls[0]).toMatchObject({
      depth: 0,
      fn: 'set_fixmap',
      args: [3n, 0xfee00000n],
      origin: 'call set_fixmap(3, 0xfee00000)',
      result: 0n,
    });
    expect(answer.happenings).toHaveLength(session.end - fork);
    expect(answer.changes.some((change) => change.kind === 'entry' && change.after.phys === 0xfee00000n)).toBe(true);
    expect(session.position).toBe(session.end);
    session.do('branch drop');
    expect([session.position, session.end]).toEqual([fork, end]);
    expect(stateHash(timeline.at(end).state)).toBe(before);
  });

  it('is travelled in like a recording, back across the fork', () => {
    const session = typed();
    session.do('goto end');
    const fork = session.end;
    session.do('call early_ioremap(0x9000, 0x1000)');
    session.do('call early_iounmap(slots[1].prev_map, slots[1].prev_size)');
    const types = Array.from({ length: 4 }, () => [
      session.move('last slot 1').event?.event.type,
      session.position > fork,
    ]);
    expect(types).toEqual([
      ['slot.released', true],
      ['slot.claimed', true],
      ['slot.sized', true],
      ['slot.released', false],
    ]);
    expect(session.move('c')).toMatchObject({ at: { position: session.end }, reason: { kind: 'edge' } });
    const spans = session.ask('history 0xffffffffff240000', 'history').spans;
    expect(spans.map(({ value }) => value.kind === 'translation' && value.phys)).toEqual([
      null,
      0xf5000n,
      null,
      0x9000n,
      null,
    ]);
    expect(session.ask('branch', 'branch').calls.filter((call) => call.depth === 0)).toMatchObject([
      { fn: 'early_ioremap' },
      { fn: 'early_iounmap' },
    ]);
  });

  it('begins another branch when it is made before the end of one', () => {
    const session = typed();
    session.do('goto end');
    session.do('call early_ioremap(0x9000, 0x1000)');
    const longer = session.end;
    session.do('reverse-next');
    session.do('call early_ioremap(0xa000, 0x1000)');
    expect(session.end).toBe(longer);
    expect(session.ask('info slots', 'slots').slots[1]).toMatchObject({ phys: 0xa000n });
    session.do('goto 200');
    session.do('call early_ioremap_debug_setup()');
    expect(session.ask('branch show', 'branch').forkedAt).toBe(200);
    session.do('branch drop');
    expect(session.ask('branch', 'branch').forkedAt).toBeNull();
  });

  it('is kept as a whole history that knows its parent', () => {
    const saved: (readonly [string, BranchToSave])[] = [];
    const session = typed(undefined, { saveBranch: (file, branch) => saved.push([file, branch]) });
    session.do('goto 450');
    session.do('call early_ioremap(0x9000, 0x1000)');
    session.do('branch save what-if.kwind');
    const [file, { reader, forkedAt, parent }] = saved[0]!;
    expect([file, forkedAt, reader.header.source, parent.source]).toEqual([
      'what-if.kwind',
      450,
      { kind: 'branch', name: 'test.boot@450' },
      { kind: 'script', name: 'test.boot' },
    ]);
    const again = new Timeline(reader, kernel);
    expect(stateHash(again.at(again.length).state)).toBe(stateHash(again.step(again.at(0), again.length).state));
    expect(again.length).toBe(session.end);
  });

  it('leads to kernel trouble as a call in the boot would', () => {
    const session = typed();
    session.do('goto end');
    session.do('call early_iounmap(0xdead000, 1)');
    expect(session.ask('info warnings', 'warnings').warnings).toMatchObject([
      { fn: 'early_iounmap', calls: [{ origin: 'call early_iounmap(0xdead000, 1)' }] },
    ]);
  });

  it.each([
    ['call nope(1)', 'command/usage'],
    ['call early_ioremapp(1, 2)', 'command/usage'],
    ['call early_ioremap(1)', 'command/usage'],
    ['call early_ioremap(1, 2, 3)', 'command/usage'],
    ['call early_ioremap(1, "x")', 'command/usage'],
    ['call early_ioremap(1,', 'expression/syntax'],
    ['call early_ioremap(zzz, 2)', 'expression/name'],
    ['call 1 + (2)', 'command/usage'],
    ['branch drop', 'command/usage'],
    ['branch save x', 'command/usage'],
    ['branch frob', 'command/usage'],
  ] as const)('refuses %s', (line, code) => {
    const session = typed();
    session.do('goto 300');
    refusalOf(session, line, code);
    expect([session.position, session.ask('branch', 'branch').forkedAt]).toEqual([300, null]);
  });
});
