import { describe, expect, it } from 'vitest';
import { earlyIounmap } from '@kwind/kernel';
import type { LiveMachine } from '@kwind/recorder';
import { timelineOf, twoMappings, Typed } from './testing/session.ts';

/** With a WARN, before two mappings. */
function withTrouble(machine: LiveMachine): void {
  earlyIounmap(machine, 0xdead000n, 0x10n);
  twoMappings(machine);
}

/** A session whose user types ^C during every command but those that `quietly` runs. */
function impatient(): { session: Typed; quietly(line: string): void } {
  let isWaiting = true;
  const session = new Typed(timelineOf(withTrouble), { shouldStop: () => !isWaiting });
  return {
    session,
    quietly(line) {
      isWaiting = true;
      session.do(line);
      isWaiting = false;
    },
  };
}

describe('^C', () => {
  it.each([
    'goto end',
    'goto 37.5%',
    'step 400',
    'reverse-step 200',
    'next 30',
    'reverse-next 30',
    'continue',
    'until early_iounmap',
    'goto line:4',
    'last cr3',
    'last slots_in_use',
    'next-write slot 1',
    'back',
  ])('ends %s and leaves the session where it stood', (line) => {
    const { session, quietly } = impatient();
    quietly('break slot.claimed');
    quietly('goto 250');
    quietly('goto 300');
    expect(session.move(line)).toMatchObject({ reason: { kind: 'interrupted' }, at: { position: 300 } });
    quietly('when');
    expect(session.position).toBe(300);
  });

  it.each([
    'info calls',
    'info calls all',
    'info summary',
    'info warnings',
    'info event 20',
    'list 20',
    'diff start end',
    'why cr3',
    'break no_such_function',
  ])('ends %s and says so', (line) => {
    const { session, quietly } = impatient();
    quietly('goto 600');
    expect(session.do(line)).toMatchObject({ type: 'interrupted', at: { position: 600 } });
    expect(session.position).toBe(600);
  });

  it('ends a comparison of two positions also once it is there and compares', () => {
    let polls = 0;
    const session = new Typed(timelineOf(withTrouble), { shouldStop: () => ++polls > 5 });
    expect(session.do('diff start end')).toMatchObject({ type: 'interrupted' });
  });
});
