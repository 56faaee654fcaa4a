import { describe, expect, it } from 'vitest';
import { stateHash } from '@kwind/state';
import { refusalOf, timelineOf, twoMappings, Typed, typed } from './testing/session.ts';

describe('stepping', () => {
  it('begins at power-on, before the first event', () => {
    const session = typed();
    expect(session.ask('when', 'position')).toMatchObject({ position: 0, percent: 0, phase: 'power-on' });
    expect(session.move('back')).toMatchObject({ event: null, changes: [], calls: [] });
  });

  it('shows the event just made, its calls and what it changed', () => {
    const stop = typed().go('goto end', 'last slot 0');
    expect(stop.event?.event).toMatchObject({ type: 'slot.claimed', slot: 0, seq: stop.at.position - 1 });
    expect(stop.calls.map((call) => call.fn)).toEqual(['__early_ioremap', 'early_ioremap']);
    expect(stop.calls[1]).toMatchObject({
      caller: 'acpi_find_root+0x21/0x80',
      origin: 'test.boot:3',
      file: 'mm/early_ioremap.c',
    });
    expect(stop.slotsInUse).toEqual({ before: 0, after: 1 });
    expect(stop.changes).toMatchObject([
      { kind: 'slot', slot: 0, before: { inUse: false }, after: { inUse: true, phys: 0xf0000n, pages: 2 } },
    ]);
  });

  it('tells what changed from old to new, whichever way it moved', () => {
    const session = typed();
    const backward = session.go('goto end', 'last pte 0xffffffffff240000');
    session.do('step');
    const forward = session.move('reverse-step');
    const entry = {
      kind: 'entry',
      name: 'bm_pte',
      level: 'pte',
      index: 64,
      before: { present: true, phys: 0xf5000n },
      after: { value: 0n, present: false },
    };
    for (const stop of [backward, forward]) expect(stop.changes).toMatchObject([entry]);
  });

  it('names the fixmap page that an entry maps', () => {
    const stop = typed().go('goto end', 'last pte 0xffffffffff240000');
    expect(stop.event).toMatchObject({
      table: 'bm_pte',
      name: 'FIX_BTMAP slot 1 page 0',
      fn: '__early_set_fixmap',
      file: 'arch/x86/mm/ioremap.c',
    });
  });

  it('comes back to the very same machine', () => {
    const session = typed();
    const hash = (): string => stateHash(session.timeline.at(session.position).state);
    session.do('goto end-20');
    const before = [session.position, hash()];
    session.do('step 13');
    session.do('reverse-step 13');
    expect([session.position, hash()]).toEqual(before);
  });

  it('says when it runs into an end, and stands there', () => {
    const session = typed();
    expect(session.move('rs')).toMatchObject({ at: { position: 0 }, reason: { kind: 'edge', edge: 'start' } });
    session.do('goto end');
    expect(session.move('s')).toMatchObject({ reason: { kind: 'edge', edge: 'end' } });
    session.do('goto end-2');
    expect(session.move('step 5')).toMatchObject({
      at: { position: session.end },
      reason: { kind: 'edge', edge: 'end' },
    });
  });

  it('arrives at an end without running into it', () => {
    const session = typed();
    session.do('goto end-1');
    expect(session.move('s')).toMatchObject({ at: { position: session.end }, reason: { kind: 'moved' } });
  });
});

describe('calls', () => {
  it('count as one for next and reverse-next', () => {
    const session = typed();
    session.do('goto end');
    const calls = session.ask('info calls', 'calls').calls;
    const map = calls.find((call) => call.fn === 'early_ioremap')!;
    session.do(`goto ${map.seq}`);
    expect(session.move('next').event?.event).toMatchObject({
      type: 'call.returned',
      fn: 'early_ioremap',
      result: 0xffff_ffff_ff20_0000n,
    });
    expect(session.move('reverse-next').at.position).toBe(map.seq);
  });

  it('are left by finish, and by reverse-finish to just before they began', () => {
    const session = typed();
    session.go('goto end', 'last slot 0');
    const inside = session.position;
    expect(session.move('finish').event?.event).toMatchObject({ type: 'call.returned', fn: '__early_ioremap' });
    session.do(`goto ${inside}`);
    expect(session.move('finish 2').event?.event).toMatchObject({ type: 'call.returned', fn: 'early_ioremap' });
    session.do(`goto ${inside}`);
    const before = session.move('reverse-finish 2');
    expect(session.move('step').event?.event).toMatchObject({
      type: 'call.entered',
      fn: 'early_ioremap',
      seq: before.at.position,
    });
  });

  it('cannot be finished where none is open', () => {
    expect(refusalOf(typed(), 'finish', 'command/usage').hint).toContain('info calls');
  });

  it('are listed with results, and from inside with what is open', () => {
    const session = typed();
    session.go('goto end', 'last slot 0');
    const view = session.ask('info calls', 'calls');
    expect(view.open.map((call) => call.fn)).toEqual(['__early_ioremap', 'early_ioremap']);
    expect(view.calls.at(-1)).toMatchObject({ fn: 'early_ioremap', returned: null, result: null });
    expect(session.ask('backtrace', 'backtrace').calls).toEqual(view.open);
    session.do('goto end');
    expect(session.ask('info calls early_iounmap', 'calls').calls).toMatchObject([
      { fn: 'early_iounmap', depth: 0, args: [0xffff_ffff_ff24_0a20n, 0x178n] },
    ]);
  });
});

describe('going to places', () => {
  it('understands the whole position grammar and the habits of other debuggers', () => {
    const session = typed();
    const { end } = session;
    const places: readonly (readonly [string, number])[] = [
      ['goto 5', 5],
      ['goto #6', 6],
      ['goto end-3', end - 3],
      ['goto .-2', end - 5],
      ['goto 50%', Math.round(end / 2)],
      ['goto phase:setup_arch-1', phaseSeq(session)],
      ['!tt 50%', Math.round(end / 2)],
      ['ugo start', 0],
      ['record goto end', end],
      ['record goto begin', 0],
      ['run 7', 7],
    ];
    for (const [line, position] of places) expect([line, session.move(line).at.position]).toEqual([line, position]);
  });

  it('finds what a line of the log or script led to', () => {
    const session = typed();
    expect(session.move('goto line:3').event?.event).toMatchObject({ type: 'call.entered', origin: 'test.boot:3' });
    const from = session.position;
    // Nothing came from line 4: what line 3 did is what there was to see.
    expect(session.move('goto line:4').at.position).toBe(from);
    expect(session.move('goto line:4+2').at.position).toBe(from + 2);
    expect(session.move('goto line:9999').event?.event).toMatchObject({ origin: 'test.boot:5' });
    expect(session.ask('list line:5 1', 'list').rows[0]?.event).toMatchObject({ origin: 'test.boot:5' });
    for (const line of ['goto line:1', 'goto line:', 'goto line:x'])
      expect(refusalOf(session, line, 'position/invalid').hint).not.toBe('');
  });

  it('goes back and forward through the places visited', () => {
    const session = typed();
    for (const line of ['goto 10', 'goto 20', 'goto 30']) session.do(line);
    expect([
      session.move('back').at.position,
      session.move('back').at.position,
      session.move('forward').at.position,
    ]).toEqual([20, 10, 20]);
    session.do('goto 5');
    expect(session.move('forward').reason.kind).toBe('no-more-visits');
    expect(session.move('back 9').reason.kind).toBe('no-more-visits');
    expect(session.position).toBe(0);
  });

  it('comes back to bookmarks by name', () => {
    const session = typed();
    session.do('goto 12');
    expect(session.ask('bookmark odd -m "look here"', 'done').bookmark).toEqual({
      name: 'odd',
      position: 12,
      note: 'look here',
    });
    session.do('goto end');
    expect(session.ask('checkpoint', 'done').bookmark).toMatchObject({ name: 'm1', position: session.end });
    expect(session.move('goto @odd').at.position).toBe(12);
    session.do('goto 3');
    expect(session.move('restart m1').at.position).toBe(session.end);
    expect(session.move('goto @odd+1').at.position).toBe(13);
    expect(session.ask('info checkpoints', 'bookmarks').bookmarks.map((mark) => mark.name)).toEqual(['odd', 'm1']);
    session.do('delete bookmark odd');
    expect(refusalOf(session, 'goto @od', 'position/invalid').message).toContain('od');
    expect(refusalOf(session, 'delete checkpoint odd', 'position/invalid').code).toBe('position/invalid');
  });

  it('stays where it was when a command is refused', () => {
    const session = typed();
    session.do('goto 12');
    for (const line of [
      'goto 99999',
      'goto nowhere',
      'walk zzz',
      'print 1 +',
      'break nope.*',
      'info nothing',
      'frobnicate',
      'x/4qx 0',
      'watch',
      'delete 7',
      'last slot 9',
    ])
      refusalOf(session, line);
    expect(session.position).toBe(12);
  });
});

const phaseSeq = (session: Typed): number => {
  for (const event of session.timeline.events(0, session.end))
    if (event.type === 'phase.entered' && event.name === 'setup_arch') return event.seq;
  throw new Error('no phase');
};

describe('an empty trace', () => {
  it('has one position, and every view of it', () => {
    const session = new Typed(
      timelineOf(
        () => {},
        () => {},
      ),
    );
    expect(session.ask('when', 'position')).toMatchObject({ position: 0, total: 0, percent: 100 });
    for (const topic of [
      'summary',
      'slots',
      'fixmap',
      'pagetable',
      'tlb',
      'registers',
      'calls',
      'warnings',
      'profile',
      'breakpoints',
      'bookmarks',
      'displays',
    ])
      session.do(`info ${topic}`);
    for (const line of [
      'list',
      'backtrace',
      'walk 0xffffffffff200000',
      'history slot 0',
      'why slot 0',
      'search x',
      'diff start end',
      'step',
      'reverse-step',
      'next',
      'continue',
      'rc',
      'vmmap',
      'x/2gx bm_pte',
    ])
      session.do(line);
    expect(session.position).toBe(0);
  });
});

describe('help', () => {
  it('knows every command with an example that can be read', () => {
    const session = typed(twoMappings);
    const { commands } = session.ask('help', 'help');
    expect(commands.length).toBeGreaterThan(35);
    expect(session.ask('help goto', 'help').commands).toHaveLength(1);
    expect(session.ask('help moving', 'help').commands.every((command) => command.group === 'moving')).toBe(true);
    expect(refusalOf(session, 'help gotoo', 'command/unknown').hint).toContain('goto');
  });
});
