import { describe, expect, it } from 'vitest';
import { refusalOf, typed } from './testing/session.ts';

const number = (value: bigint) => ({ kind: 'value', value: { kind: 'number', value } });

describe('an expression', () => {
  it('is asked about by its value, with all that it was', () => {
    const { spans } = typed().ask('history slots_in_use', 'history');
    expect(spans.map(({ value }) => value)).toMatchObject([0n, 1n, 2n, 1n].map(number));
    expect(spans.slice(1).map(({ event }) => event?.event.type)).toEqual([
      'slot.claimed',
      'slot.claimed',
      'slot.released',
    ]);
  });

  it('is walked through backward and forward, old to new in the order of time', () => {
    const session = typed();
    session.do('goto end');
    const released = session.move('last slots_in_use');
    expect(released.event?.event).toMatchObject({ type: 'slot.released', slot: 1 });
    expect(released.values).toMatchObject([{ target: 'slots_in_use', before: number(2n), after: number(1n) }]);
    expect(session.move('last').values).toMatchObject([{ before: number(1n), after: number(2n) }]);
    expect(session.move('next-write').at).toEqual(released.at);
  });

  it('is watched: it stops where the value changes, and tells both values', () => {
    const session = typed();
    session.do('watch slots[1].prev_map');
    expect(session.move('c')).toMatchObject({
      reason: { kind: 'hit', hits: [{ what: 'slots[1].prev_map' }] },
      values: [{ before: number(0n), after: number(0xffff_ffff_ff24_0a20n) }],
    });
    expect(session.move('c').values).toMatchObject([{ after: number(0n) }]);
    expect(session.move('c').reason).toMatchObject({ kind: 'edge' });
    expect(session.move('rc').values).toMatchObject([{ after: number(0n) }]);
  });

  it('of records and lists is compared as a whole', () => {
    const session = typed();
    session.do('goto end');
    expect(session.move('last slots[1]').event?.event).toMatchObject({ type: 'slot.released' });
    expect(session.ask('history walk(0xffffffffff200000).mapped', 'history').spans).toHaveLength(2);
  });

  it('that reads nothing of the machine is an address, and so is one behind va', () => {
    const session = typed();
    session.do('goto end');
    expect(session.ask('history fix_to_virt(1535)', 'history').target).toBe('0xffffffffff200000');
    expect(session.ask('history va slots[0].prev_map', 'history').target).toBe('0xffffffffff200000');
    expect(session.ask('why va slots[0].prev_map', 'why').chain[0]?.event?.event).toMatchObject({
      type: 'pte.written',
    });
    expect(session.ask('why slots_in_use', 'why').chain[0]?.event?.event).toMatchObject({ type: 'slot.released' });
  });

  it('about the event at hand has no value between events', () => {
    expect(refusalOf(typed(), 'watch type', 'command/usage').hint).toContain('break if type');
    expect(refusalOf(typed(), 'last slots_inuse', 'command/usage').hint).toContain('slots_in_use');
    expect(refusalOf(typed(), 'last', 'command/usage').message).toContain('nothing is named');
  });

  it('that names nothing is about what the event at hand names, until something else was asked', () => {
    const session = typed();
    session.do('goto end');
    session.move('last slots_in_use');
    const fresh = typed();
    fresh.do(`goto ${session.move('last').at.position}`);
    expect(fresh.ask('why', 'why').target).toBe('slot 1');
    fresh.ask('why slot 0', 'why');
    expect(fresh.ask('why', 'why').target).toBe('slot 0');
  });
});

describe('why, where nothing is named', () => {
  it('is about the event at hand, when that names nothing either', () => {
    const session = typed();
    session.do('goto end');
    const { position } = session.move('last cr3').at;
    const fresh = typed();
    fresh.do(`goto ${position}`);
    const { target, chain } = fresh.ask('why', 'why');
    expect([target, chain[0]?.relation, chain[0]?.seq]).toEqual(['cr3.loaded', 'made-by', position - 1]);
    expect(refusalOf(typed(), 'why', 'command/usage').message).toContain('nothing is named');
  });
});

describe('watchpoints in the words of other debuggers', () => {
  it.each([
    ['watch va 0xffffffffff240000 len 8 w', 'watch', '0xffffffffff240000..0xffffffffff240008'],
    ['watch va 0xffffffffff200000 r', 'rwatch', '0xffffffffff200000'],
    ['ba w8 0xffffffffff240000', 'watch', '0xffffffffff240000..0xffffffffff240008'],
    ['ba rw 0xffffffffff240000 0x10', 'awatch', '0xffffffffff240000..0xffffffffff240010'],
  ])('%s', (line, kind, what) => {
    const session = typed();
    expect(session.ask(line, 'done').breakpoints).toMatchObject([{ kind, what }]);
    expect(session.move('c').reason.kind).toBe('hit');
  });
});
