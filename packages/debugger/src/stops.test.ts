import { describe, expect, it } from 'vitest';
import {
  bug,
  checkEarlyIoremapLeak,
  earlyIoremap,
  earlyIounmap,
  load,
  requestMemRegion,
  store,
  warn,
} from '@kwind/kernel';
import type { LiveMachine } from '@kwind/recorder';
import { refusalOf, twoMappings, typed, type Typed } from './testing/session.ts';

/** Positions of all stops from one end of the history to the other. */
function stopsOf(session: Typed, direction: 'c' | 'rc'): readonly number[] {
  session.do(direction === 'c' ? 'goto start' : 'goto end');
  const found: number[] = [];
  for (;;) {
    const stop = session.move(direction);
    if (stop.reason.kind !== 'hit') return found;
    found.push(stop.at.position);
  }
}

/** Three mappings in a row and their end, so that slots fill and empty. */
function three(machine: LiveMachine): void {
  const mapped = [0x1000n, 0x2000n, 0x3000n].map((phys) => earlyIoremap(machine, phys, 0x1000n)!);
  for (const address of mapped) load(machine, address);
  store(machine, mapped[1]!);
  for (const address of mapped) earlyIounmap(machine, address, 0x1000n);
}

describe('breakpoints', () => {
  it.each([
    ['slot.*', 'slot.released'],
    ['early_iounmap', 'call.entered'],
    ['__early_set_fixmap', 'call.entered'],
    ['slot 1', 'slot.released'],
    ['tlb.page-flushed,slot.claimed', 'tlb.page-flushed'],
    ['0xffffffffff240000', 'slot.released'],
    ['0xffffffffff240000..0xffffffffff241000', 'slot.released'],
  ])('on %s stop at the same events both ways', (spec, lastType) => {
    const session = typed();
    session.do(`break ${spec}`);
    const forward = stopsOf(session, 'c');
    expect(forward.length).toBeGreaterThan(0);
    expect(stopsOf(session, 'rc').toReversed()).toEqual(forward);
    session.do(`goto ${forward.at(-1)}`);
    expect(session.timeline.event(session.position - 1).type).toBe(lastType);
  });

  it('on a function stop when it is entered', () => {
    const stop = typed().go('break early_memremap', 'delete', 'tbreak early_iounmap', 'c');
    expect(stop).toMatchObject({
      event: { event: { type: 'call.entered', fn: 'early_iounmap' } },
      reason: { kind: 'hit', hits: [{ number: 2, what: 'early_iounmap', times: 1, temporary: true }] },
    });
  });

  it('stop when an expression becomes true, not at every event while it is', () => {
    const session = typed(three);
    session.do('break if slots_in_use == 2');
    const [up, down, ...others] = stopsOf(session, 'c');
    expect(others).toEqual([]);
    for (const position of [up!, down!])
      expect(session.timeline.at(position).state.control.slots.filter((slot) => slot.prevMap !== 0n)).toHaveLength(2);
    expect(stopsOf(session, 'rc')).toEqual([down, up]);
  });

  it('take conditions about the machine and about the event', () => {
    const session = typed(three);
    session.do('break slot.claimed if slots_in_use == 2');
    expect(stopsOf(session, 'c')).toHaveLength(1);
    session.do('condition 1 event.slot == 2');
    const [only] = stopsOf(session, 'rc');
    expect(session.timeline.event(only! - 1)).toMatchObject({ type: 'slot.claimed', slot: 2 });
    session.do('condition 1');
    expect(stopsOf(session, 'c')).toHaveLength(3);
    session.do('break if event.type == "slot.released" && event.slot == 1');
    session.do('disable 1');
    expect(stopsOf(session, 'c')).toHaveLength(1);
  });

  it('can be ignored, switched off and removed', () => {
    const session = typed(three);
    session.do('b slot.claimed');
    session.do('ignore 1 2');
    expect(stopsOf(session, 'c')).toHaveLength(1);
    expect(session.ask('info breakpoints', 'breakpoints').breakpoints).toMatchObject([
      { number: 1, hits: 3, ignore: 0, enabled: true },
    ]);
    session.do('disable');
    expect(stopsOf(session, 'c')).toEqual([]);
    session.do('enable 1');
    expect(stopsOf(session, 'c')).toHaveLength(3);
    session.do('delete 1');
    expect(session.ask('info b', 'breakpoints').breakpoints).toEqual([]);
    expect(refusalOf(session, 'delete 1', 'command/usage').message).toContain('1');
  });

  it('hand over their commands when they stop', () => {
    const session = typed(three);
    const stop = session.go('b slot.claimed', 'commands 1 info slots; bt', 'c');
    expect(stop.commands).toEqual(['info slots', 'bt']);
  });

  it('count stops for continue', () => {
    const session = typed(three);
    session.do('b slot.claimed');
    expect(session.move('c 3').event?.event).toMatchObject({ type: 'slot.claimed', slot: 2 });
    expect(session.move('rc 2').event?.event).toMatchObject({ type: 'slot.claimed', slot: 0 });
    expect(session.move('c 9').reason).toEqual({ kind: 'edge', edge: 'end' });
    expect(session.move('rc 9').reason).toEqual({ kind: 'edge', edge: 'start' });
  });

  it('say all that stop at one event', () => {
    const session = typed();
    session.do('b slot.claimed');
    session.do('b if slots_in_use == 1');
    expect(session.move('c').reason).toMatchObject({ hits: [{ number: 1 }, { number: 2 }] });
  });

  it.each([
    ['break nope.*', 'event/unknown-type'],
    ['break early_ioremapp', 'command/usage'],
    ['break slot 8', 'command/usage'],
    ['break if slots_in_usee == 1', 'expression/name'],
    ['break slot 1 if', 'command/usage'],
    ['catch wrn', 'command/usage'],
    ['rwatch cr3', 'command/usage'],
    ['watch pte 0x1000', 'command/usage'],
    ['ignore 1', 'command/usage'],
    ['ignore 5 1', 'command/usage'],
  ] as const)('refuses %s', (line, code) => {
    expect(refusalOf(typed(), line, code, 'address/invalid').hint).not.toBe('');
  });
});

describe('watchpoints', () => {
  it.each([
    ['slot 1', ['slot.sized', 'slot.claimed', 'slot.released']],
    ['pte 0xffffffffff240000', ['pte.written', 'pte.written', 'pte.written']],
    ['cr3', ['cr3.loaded']],
    ['tlb 0xffffffffff200000', ['tlb.filled']],
  ])('on %s see its changes', (target, types) => {
    const session = typed();
    session.do('goto end');
    session.do(`watch ${target}`);
    const forward = stopsOf(session, 'c');
    const seen = forward.map((position) => session.timeline.event(position - 1).type);
    expect(seen.slice(-types.length)).toEqual(types.slice(-seen.length));
    expect(stopsOf(session, 'rc').toReversed()).toEqual(forward);
  });

  it('follow an address through tables that did not exist when they were set', () => {
    const session = typed();
    session.do('watch 0xffffffffff200000');
    const forward = stopsOf(session, 'c');
    const types = forward.map((position) => session.timeline.event(position - 1).type);
    expect(types.at(-1)).toBe('pte.written');
    const before = session.timeline.at(forward.at(-1)! - 1);
    expect(before.state.position).toBe(forward.at(-1)! - 1);
    session.do('goto end');
    expect(stopsOf(session, 'rc').toReversed()).toEqual(forward);
  });

  it('see reads, and with awatch writes too', () => {
    const session = typed(three);
    session.do('rwatch 0xffffffffff240000');
    const reads = stopsOf(session, 'c').map((position) => session.timeline.event(position - 1).type);
    expect(reads).toEqual(['tlb.filled', 'memory.loaded']);
    session.do('delete');
    session.do('awatch 0xffffffffff240000');
    const all = stopsOf(session, 'c').map((position) => session.timeline.event(position - 1).type);
    expect(all).toEqual(expect.arrayContaining(['pte.written', 'memory.loaded', 'memory.stored']));
    expect(stopsOf(session, 'rc')).toHaveLength(all.length);
  });
});

describe('catchpoints', () => {
  it('stop at trouble', () => {
    const session = typed((machine) => {
      twoMappings(machine);
      earlyIounmap(machine, 0xdead000n, 0x10n);
      load(machine, 0x1234000n as never);
      checkEarlyIoremapLeak(machine);
    });
    session.do('goto end');
    session.do('catch warn');
    session.do('catch fault');
    session.do('catch leak');
    expect(session.move('rc').reason).toMatchObject({ hits: [{ what: 'warn' }, { what: 'leak' }] });
    expect(session.move('rc').event?.event).toMatchObject({ type: 'fault.raised', vaddr: 0x1234000n });
    expect(session.move('rc').event?.event).toMatchObject({ type: 'warn.raised', fn: 'early_iounmap' });
    expect(session.ask('info warnings', 'warnings').warnings.at(-1)).toMatchObject({
      kind: 'warn',
      fn: 'early_iounmap',
      file: 'mm/early_ioremap.c',
    });
  });
});

describe('each kind of trouble', () => {
  const site = { fn: 'early_ioremap', file: 'mm/early_ioremap.c' };
  function all(machine: LiveMachine): void {
    requestMemRegion(machine, 0x1000n, 0x1000n, 'first');
    bug(machine, true, site, 'on purpose');
    requestMemRegion(machine, 0x1000n, 0x1000n, 'second');
    load(machine, 0x1234000n as never);
    warn(machine, true, site);
    machine.emit({ type: 'warn.raised', ...site, message: 'a line of early_ioremap_debug', debug: true });
    twoMappings(machine);
    checkEarlyIoremapLeak(machine);
  }

  it.each([
    ['warn', ['warn.raised', 'warn.raised']],
    ['bug', ['bug.raised']],
    ['fault', ['fault.raised']],
    ['conflict', ['resource.conflicted']],
    ['leak', ['warn.raised']],
  ])('is caught both ways: %s', (kind, types) => {
    const session = typed(all);
    session.do(`catch ${kind}`);
    const forward = stopsOf(session, 'c');
    expect(forward.map((position) => session.timeline.event(position - 1).type)).toEqual(types);
    expect(stopsOf(session, 'rc')).toEqual(forward.toReversed());
  });

  it('is caught once by tcatch, and where a condition holds', () => {
    const session = typed(all);
    session.do('tcatch warn');
    expect(stopsOf(session, 'c')).toHaveLength(1);
    expect(session.ask('info b', 'breakpoints').breakpoints).toEqual([]);
    session.do('catch warn if slots_in_use > 0');
    const [leak, ...others] = stopsOf(session, 'rc');
    expect(others).toEqual([]);
    expect(session.timeline.event(leak! - 1)).toMatchObject({ fn: 'check_early_ioremap_leak' });
  });
});

describe('a search', () => {
  it('is stopped from outside, keeps the place, and says so', () => {
    let polls = 0;
    const session = typed(three, { shouldStop: () => ++polls > 2 });
    session.do('break if position > 100000');
    session.do('goto 30');
    polls = 0;
    expect(session.move('c')).toMatchObject({ reason: { kind: 'interrupted' }, at: { position: 30 } });
    polls = 100;
    expect(session.move('last slot 3').reason.kind).toBe('interrupted');
    expect(session.ask('search zzz', 'search')).toMatchObject({ interrupted: true, found: [] });
    expect(session.ask('history slot 0', 'history').interrupted).toBe(true);
    expect(session.position).toBe(30);
  });
});

describe('until', () => {
  it('stops once and leaves no breakpoint behind', () => {
    const session = typed(three);
    expect(session.move('until slot.claimed').event?.event).toMatchObject({ type: 'slot.claimed', slot: 0 });
    expect(session.move('until slot.claimed').event?.event).toMatchObject({ slot: 1 });
    expect(session.move('until -r slot.claimed').event?.event).toMatchObject({ slot: 0 });
    expect(session.ask('info b', 'breakpoints').breakpoints).toEqual([]);
  });
});
