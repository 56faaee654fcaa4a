import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandHelp, commandWords, DebugSession, parseCommand, toJson } from '@kwind/debugger';
import { kernelScope } from '@kwind/kernel';
import { holds, parseExpression, stateHash } from '@kwind/state';
import { ToolError } from '@kwind/x86';
import type { Timeline } from '@kwind/timeline';
import { arbitraryHistory, foldTo, kernel } from './histories.ts';

const counts = fc.constantFrom('', ' 2', ' 7', ' 100');
const position = fc.oneof(
  fc.constantFrom('start', 'end', '.', '.+5', '.-5', '37.5%', 'phase:setup_arch', 'end-10'),
  fc.nat(900).map(String),
);
const target = fc.constantFrom(
  'slot 0',
  'slot 1',
  'pte 0xffffffffff200000',
  '0xffffffffff200000',
  'fix FIX_APIC_BASE',
  'cr3',
  'tlb 0xffffffffff200000',
  'slots_in_use',
  'slots[0].prev_map',
  'walk(0xffffffffff200000).phys',
);
const spec = fc.constantFrom(
  'slot.*',
  'pte.*',
  'slot 0',
  'early_iounmap',
  'if slots_in_use == 1',
  'tlb.page-flushed if slots_in_use > 0',
  '0xffffffffff200000',
  'memory.*',
);

/** Lines that move, stop, ask and set, all of them ones that a person might type. */
const line = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        'step',
        'reverse-step',
        'next',
        'reverse-next',
        'continue',
        'reverse-continue',
        'back',
        'forward',
      ),
      counts,
    )
    .map((parts) => parts.join('')),
  fc.constantFrom(
    'finish',
    'reverse-finish',
    'delete',
    'disable',
    'enable',
    'when',
    'list',
    'bt',
    'info slots',
    'info tlb',
    'info calls',
    'branch drop',
    'bookmark here',
    'goto @here',
  ),
  position.map((at) => `goto ${at}`),
  fc
    .tuple(fc.constantFrom('last', 'next-write', 'history', 'why', 'watch', 'awatch', 'walk'), target)
    .map((parts) => parts.join(' ')),
  fc.tuple(fc.constantFrom('break', 'tbreak', 'until', 'until -r'), spec).map((parts) => parts.join(' ')),
  fc.constantFrom(
    'call early_ioremap(0x4000, 0x1000)',
    'call early_iounmap(slots[0].prev_map, slots[0].prev_size)',
    'diff . end',
    'display slots_in_use',
  ),
);

/** What a line does; refusals are part of a session. */
function type(session: DebugSession, text: string): unknown {
  try {
    return session.dispatch(parseCommand(text));
  } catch (error) {
    expect(error, text).toBeInstanceOf(ToolError);
    expect((error as ToolError).code, text).not.toMatch(/^(?:internal|state|event\/corrupt)/);
    return undefined;
  }
}

/** All positions that a session stops at, from one end to the other. */
function stopsOf(timeline: Timeline, set: string, command: 'c' | 'rc'): number[] {
  const session = new DebugSession(timeline);
  session.dispatch(parseCommand(`goto ${command === 'c' ? 'start' : 'end'}`));
  session.dispatch(parseCommand(set));
  const found: number[] = [];
  for (;;) {
    const stop = session.dispatch(parseCommand(command));
    if (stop.type !== 'stopped' || stop.reason.kind !== 'hit') return found;
    found.push(stop.at.position);
  }
}

describe('a debugger session', () => {
  it('shows after any walk of commands the machine that a fold from power-on gives', () => {
    fc.assert(
      fc.property(arbitraryHistory, fc.array(line, { minLength: 1, maxLength: 20 }), ({ batches, timeline }, lines) => {
        const session = new DebugSession(timeline);
        for (const text of lines) type(session, text);
        type(session, 'branch drop');
        const { position: at } = session.place;
        expect(stateHash(timeline.at(at).state)).toBe(stateHash(foldTo(batches, at)));
        for (const topic of ['slots', 'tlb', 'registers']) {
          const fresh = new DebugSession(timeline);
          fresh.dispatch(parseCommand(`goto ${at}`));
          expect(session.dispatch(parseCommand(`info ${topic}`))).toEqual(
            fresh.dispatch(parseCommand(`info ${topic}`)),
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('stops at the same places both ways, for whatever it was told to stop at', () => {
    const set = fc.oneof(
      spec.map((text) => `break ${text}`),
      fc
        .tuple(
          fc.constantFrom('watch', 'awatch'),
          fc.constantFrom(
            'slot 0',
            'slot 1',
            '0xffffffffff200000',
            'fix FIX_APIC_BASE',
            '0xffffffffff200000..0xffffffffff280000',
          ),
        )
        .map((parts) => parts.join(' ')),
      fc.constantFrom(
        'catch warn',
        'catch fault',
        'catch stale',
        'catch leak',
        'watch slots_in_use',
        'watch slots[1]',
        'watch walk(0xffffffffff200000).phys',
        'break *.written if slots_in_use == 2',
        'watch phase',
        'break if walk(0xffffffffff200000).mapped',
      ),
    );
    fc.assert(
      fc.property(arbitraryHistory, set, ({ timeline }, text) => {
        const forward = stopsOf(timeline, text, 'c');
        expect(stopsOf(timeline, text, 'rc').toReversed()).toEqual(forward.filter((at) => at <= timeline.length - 1));
      }),
      { numRuns: 60 },
    );
  });

  it('comes back by what it went forward', () => {
    const steps = fc.record({ from: fc.nat(900), count: fc.integer({ min: 1, max: 300 }), set: spec });
    fc.assert(
      fc.property(arbitraryHistory, steps, ({ timeline }, { from, count, set }) => {
        const session = new DebugSession(timeline);
        const at = (text: string): number => {
          session.dispatch(parseCommand(text));
          return session.place.position;
        };
        const start = at(`goto ${Math.min(from, timeline.length)}`);
        const there = at(`step ${count}`);
        expect(at(`reverse-step ${there - start || 1}`)).toBe(there === start ? Math.max(0, start - 1) : start);
        // A stop that has one before it is met again from there.
        session.dispatch(parseCommand(`break ${set}`));
        session.dispatch(parseCommand('goto end'));
        const last = session.dispatch(parseCommand('rc'));
        if (last.type !== 'stopped' || last.reason.kind !== 'hit') return;
        const before = session.dispatch(parseCommand('rc'));
        if (before.type === 'stopped' && before.reason.kind === 'hit') expect(at('c')).toBe(last.at.position);
      }),
      { numRuns: 40 },
    );
  });

  it('tells of each event what a stop there would print', () => {
    fc.assert(
      fc.property(arbitraryHistory, spec, ({ timeline }, set) => {
        const session = new DebugSession(timeline);
        const table = type(session, `each ${set} print slots_in_use; position`) as
          | { rows: readonly { event: { seq: number }; values: readonly unknown[] }[] }
          | undefined;
        if (!table) return;
        const positions = table.rows.map(({ event }) => event.seq + 1);
        expect(positions).toEqual(stopsOf(timeline, `break ${set}`, 'c'));
        for (const [i, position] of positions.entries()) {
          session.dispatch(parseCommand(`goto ${position}`));
          const shown = ['slots_in_use', 'position'].map((text) => {
            const answer = session.dispatch(parseCommand(`print ${text}`));
            return answer.type === 'value' ? answer.value : undefined;
          });
          expect(table.rows[i]!.values).toEqual(shown);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('knows at every position the value that the history of an expression tells', () => {
    const expressions = fc.constantFrom(
      'slots_in_use',
      'slots[0].prev_map',
      'slots[1].prev_size',
      'walk(0xffffffffff200000).phys',
      'pte(0xffffffffff240000).value',
      'tlb[0xffffffffff200000].phys',
      'page_flushes',
      'phase',
    );
    fc.assert(
      fc.property(arbitraryHistory, expressions, ({ timeline }, text) => {
        const session = new DebugSession(timeline);
        const answer = session.dispatch(parseCommand(`history ${text}`));
        if (answer.type !== 'history') throw new Error(answer.type);
        for (const { from, to, value } of answer.spans) {
          for (const position of new Set([
            from,
            (from + (to ?? timeline.length)) >> 1,
            (to ?? timeline.length + 1) - 1,
          ])) {
            session.dispatch(parseCommand(`goto ${position}`));
            const shown = session.dispatch(parseCommand(`print ${text}`));
            const told =
              value.kind === 'value' ? value.value : { kind: value.kind, value: 'value' in value && value.value };
            expect(shown).toMatchObject({ type: 'value', value: told });
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('stops at every event that makes an expression true, and at no other', () => {
    const expressions = fc.constantFrom(
      'slots_in_use == 1',
      'slots[0].present > 0',
      'slots[1].prev_size == 0x1000',
      'walk(0xffffffffff200000).mapped',
      'pte(0xffffffffff200000).present',
      'phys_of(0xffffffffff240000) == 0',
      'tlb[0xffffffffff200000].present',
      'tlb[0xffffffffff200000].stale',
      'fn == "early_iounmap"',
      'pgd(0xffffffffff200000).present && pmd(0xffffffffff200000).present',
      'stack[1].fn == "early_ioremap"',
      'phase == "setup_arch"',
      'warnings > 0',
      'faults > 0',
      'page_flushes % 7 == 3',
      'flushes == 1',
      'calls == 9',
      'depth == 3',
      'cr3 != 0',
      'fixmaps_set > 0',
      'early_ioremap_debug == 1 || system_state > 1',
    );
    fc.assert(
      fc.property(arbitraryHistory, expressions, ({ timeline }, text) => {
        const scope = kernelScope(kernel);
        const expression = parseExpression(text);
        const wanted: number[] = [];
        let before = holds(expression, scope, { view: timeline.at(0).state });
        for (let position = 1; position <= timeline.length; position++) {
          const now = holds(expression, scope, { view: timeline.at(position).state });
          if (now && !before) wanted.push(position);
          before = now;
        }
        expect(stopsOf(timeline, `break if ${text}`, 'c')).toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  });

  it('tells a history whose spans are what the machine held', () => {
    fc.assert(
      fc.property(arbitraryHistory, target, ({ timeline }, text) => {
        const session = new DebugSession(timeline);
        session.dispatch(parseCommand('goto end'));
        const answer = type(session, `history ${text}`) as
          | { spans: readonly { from: number; to: number | null; value: unknown }[] }
          | undefined;
        if (!answer) return;
        for (const [i, span] of answer.spans.entries()) {
          expect(span.to).toBe(answer.spans[i + 1]?.from ?? null);
          if (i > 0) expect(toJson(span.value)).not.toEqual(toJson(answer.spans[i - 1]!.value));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('answers junk with nothing but a clear refusal, and stays where it was', () => {
    const junk = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.tuple(fc.constantFrom(...commandWords), fc.string({ maxLength: 30 })).map(([word, rest]) => `${word} ${rest}`),
      fc
        .tuple(
          fc.constantFrom(...commandHelp.flatMap((help) => help.examples)),
          fc.string({ maxLength: 4 }),
          fc.nat(30),
        )
        .map(([example, text, at]) => example.slice(0, at) + text + example.slice(at)),
    );
    fc.assert(
      fc.property(arbitraryHistory, fc.array(junk, { maxLength: 40 }), ({ timeline }, lines) => {
        const session = new DebugSession(timeline);
        session.dispatch(parseCommand('goto 50%'));
        for (const text of lines) {
          const before = session.place.position;
          const result = type(session, text);
          if (result === undefined) expect(session.place.position, text).toBe(before);
          else JSON.stringify(toJson(result));
        }
      }),
      { numRuns: 60 },
    );
  });
});
