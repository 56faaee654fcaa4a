import { describe, expect, it } from 'vitest';
import { ToolError } from '@kwind/x86';
import { call } from '../../context.ts';
import type { KernelFunction } from '../../function.ts';
import { bug, debugLine, warn } from '../../warn.ts';
import { ScriptError, type ScriptResult } from './index.ts';
import { runText } from './test-machine.ts';

const site = { fn: 'f', file: 'mm/f.c' };
const size = { name: 'size', type: 'unsigned long' };
const fake = (name: string, about: Partial<KernelFunction>): KernelFunction => ({
  name,
  params: [],
  returns: 'int',
  file: '',
  doc: '',
  run: () => 0n,
  ...about,
});

/** A kernel of a few functions, each of which does one thing that a script can tell. */
const functions: readonly KernelFunction[] = [
  fake('add', {
    params: [
      { name: 'a', type: 'int' },
      { name: 'b', type: 'int', fallback: 5n },
    ],
    run: (ctx, [a, b]) => call(ctx, 'add', [a!, b!], () => a! + b!),
  }),
  fake('outer', { returns: 'void', run: (ctx) => call(ctx, 'outer', [], () => call(ctx, 'inner', [], () => {})) }),
  fake('map', { returns: 'pointer', params: [size], run: (_ctx, [n]) => (n === 0n ? null : 0xffff_ffff_ff20_0000n) }),
  fake('unmap', { returns: 'void', params: [{ name: 'addr', type: 'void *' }] }),
  fake('request', {
    params: [size, { name: 'name', type: 'const char *' }],
    run: (ctx, [n], texts = []) => call(ctx, 'request', [n!], () => n!, `name="${texts[0]}"`),
  }),
  fake('complain', {
    returns: 'void',
    run: (ctx) => ['first trouble', 'second\nline'].forEach((text) => warn(ctx, true, site, text)),
  }),
  fake('chatter', { returns: 'void', run: (ctx) => debugLine(ctx, true, site, 'mapped it') }),
  fake('crash', { returns: 'void', run: (ctx) => void bug(ctx, true, site, 'BUG_ON(idx)') }),
  fake('fault', {
    returns: 'void',
    run: (ctx) =>
      void ctx.emit({ type: 'fault.raised', vaddr: 0n as never, error: 0, access: 'load', reason: 'not present' }),
  }),
  fake('old', { missing: ({ profile }) => `${profile.kernel} lost it.` }),
  fake('early_ioremap_debug_setup', { run: (ctx) => call(ctx, 'early_ioremap_debug_setup', [], () => 1n) }),
];

const run = (text: string) => runText(text, functions);
const origins = (result: ScriptResult, ok: boolean): string[] =>
  result.expectations.filter((one) => one.ok === ok).map((one) => one.origin);

function refusal(text: string): ScriptError {
  try {
    run(text);
  } catch (error) {
    if (error instanceof ScriptError) return error;
    throw error;
  }
  throw new Error(`${text} is accepted`);
}

describe('calls and names', () => {
  it('hand results on', () => {
    const result = run('a = add(1, 2)\nb = add(a * 2 + 1)\nc = b\nexpect a == 3 && b == 12 && c == b');
    expect(result).toMatchObject({ ok: true, callsMade: 2 });
    expect(Object.fromEntries(result.names)).toEqual({ a: 3n, b: 12n, c: 12n });
  });
  it('turn NULL into the pointer 0', () => {
    expect(run('a = map(0)\nexpect a == NULL && a == 0\nunmap(a)\nunmap(NULL)\nb = NULL\nexpect b == 0').ok).toBe(true);
  });
  it('pass kernel constants, and true as 1', () => {
    expect(run('expect add_ == 515\n'.replace('expect', 'add_ = add(FIX_APIC_BASE, true)\nexpect')).ok).toBe(true);
  });
  it('pass texts where the kernel takes them', () => {
    const { machine } = run('request(3, "rtc")');
    expect(machine.events[0]).toMatchObject({ type: 'call.entered', fn: 'request', args: [3n], text: 'name="rtc"' });
  });
  it('may ask the machine instead', () => {
    const result = run('top = fix_to_virt(0)\nexpect top == FIXADDR_TOP');
    expect(result).toMatchObject({ ok: true, callsMade: 0 });
  });
  it('prefer the kernel function when there are both', () => {
    const both = [...functions, fake('fix_to_virt', { params: [size], run: () => 7n })];
    expect(runText('x = fix_to_virt(0)\nexpect x == 7', both)).toMatchObject({ ok: true, callsMade: 1 });
  });
});

describe('where a call comes from', () => {
  const sites = (text: string) =>
    run(text).machine.events.flatMap((event) =>
      event.type === 'call.entered' ? [[event.fn, event.caller, event.stack, event.origin]] : [],
    );

  it('is the line of the script, and the caller after @', () => {
    expect(sites('add(1)\n\nadd(2) @ dmi_setup+0xfa < setup_arch+0x5 < start_kernel')).toEqual([
      ['add', '', '', 'test.kws:1'],
      ['add', 'dmi_setup+0xfa', 'setup_arch+0x5 start_kernel', 'test.kws:3'],
    ]);
  });
  it('is nothing for the calls that a call makes', () => {
    expect(sites('outer() @ x+0x1')).toEqual([
      ['outer', 'x+0x1', '', 'test.kws:1'],
      ['inner', '', '', ''],
    ]);
  });
  it('is the line for each call that boot makes', () => {
    const outermost = sites('boot')
      .filter(([, , , origin]) => origin !== '')
      .map(([fn]) => fn);
    expect(outermost).toEqual(['startup_64', 'x86_64_start_kernel', 'early_ioremap_init']);
  });
});

describe('expect', () => {
  it('shows both sides of what does not hold, and goes on', () => {
    const result = run('a = add(1, 1)\nexpect a == 3\nexpect a == 2\nexpect a > 4 && a < 9, "in range"');
    expect(result.ok).toBe(false);
    expect(result.expectations).toEqual([
      {
        origin: 'test.kws:2',
        text: 'a == 3',
        ok: false,
        times: 1,
        left: '0x2',
        right: '3',
        detail: 'a is 0x2, not 3.',
      },
      { origin: 'test.kws:3', text: 'a == 2', ok: true, times: 1, detail: '' },
      {
        origin: 'test.kws:4',
        text: 'a > 4 && a < 9',
        ok: false,
        times: 1,
        left: '0x2',
        right: '4',
        detail: 'in range: a is 0x2, which is not > 4.',
      },
    ]);
  });
  it('keeps the first failure of a loop, and counts the rounds', () => {
    const [one] = run('repeat i in 0..10 { expect i < 3 || i == 7 }').expectations;
    expect(one).toMatchObject({ ok: false, times: 10 });
    expect(run('repeat i in 0..10 { expect i != 4 }').expectations).toMatchObject([
      { ok: false, times: 10, left: '4' },
    ]);
    expect(run('repeat i in 0..10 { expect i < 10 }').expectations).toMatchObject([{ ok: true, times: 10 }]);
  });
  it('explains with the values of names that end with their block', () => {
    expect(run('repeat i in 0..2 { x = i * 2\n expect x == 0 }').expectations[0]?.detail).toBe('x is 2, not 0.');
  });
});

describe('expect warn, bug, fault', () => {
  it('look at the last kernel call only', () => {
    const result = run(
      'complain()\nexpect warn\nexpect warn "first"\nexpect warn "second\\nline"\nexpect warn "third"\nadd(1)\nexpect warn',
    );
    expect(origins(result, true)).toEqual(['test.kws:2', 'test.kws:3', 'test.kws:4']);
    expect(origins(result, false)).toEqual(['test.kws:5', 'test.kws:7']);
    expect(result.expectations[3]?.detail).toBe(
      'the WARN of complain() says "first trouble", "second\\nline", not "third".',
    );
    expect(result.expectations[4]?.detail).toBe('add() raised no WARN.');
  });
  it('say what there was instead', () => {
    expect(run('fault()\nexpect warn').expectations[0]?.detail).toBe(
      'fault() raised no WARN, only page fault "not present".',
    );
    expect(run('expect bug').expectations[0]?.detail).toBe('no kernel call was made yet, so there is no BUG.');
    expect(run('fault()\nexpect fault "present"').ok).toBe(true);
  });
  it('take a debug line for a WARN only if its text is given', () => {
    expect(run('chatter()\nexpect warn').ok).toBe(false);
    expect(run('chatter()\nexpect warn "mapped it"').ok).toBe(true);
  });
});

describe('a BUG', () => {
  it('ends the run, and the result says where', () => {
    const result = run('add(1)\ncrash()\nadd(2)\nexpect 1 == 1');
    expect(result).toMatchObject({ ok: false, callsMade: 2, expectations: [] });
    expect(result.stoppedBy).toEqual({ kind: 'bug', origin: 'test.kws:2', line: 2, fn: 'f', message: 'BUG_ON(idx)' });
  });
  it('ends it from inside of loops, and on the last line', () => {
    expect(run('repeat 3 { repeat 3 { crash() } }\nadd(1)')).toMatchObject({ callsMade: 1, stoppedBy: { line: 1 } });
    expect(run('crash()')).toMatchObject({ ok: false, stoppedBy: { line: 1 } });
  });
  it('does not when the next statement expects it', () => {
    const result = run('crash()\nexpect bug "BUG_ON"\nadd(2)');
    expect(result).toMatchObject({ ok: true, callsMade: 2 });
    expect(result.stoppedBy).toBeUndefined();
    expect(run('repeat 2 { crash() }\nexpect bug').stoppedBy?.line).toBe(1);
    expect(run('repeat 2 { crash()\n expect bug }').ok).toBe(true);
    expect(run('crash()\nexpect warnings == 0\nexpect bug').stoppedBy?.line).toBe(1);
  });
});

describe('repeat', () => {
  it('counts from the first number up to the last, without it', () => {
    expect(run('n = 0\nrepeat i in 3..6 { n = n * 10 + i }\nexpect n == 345').ok).toBe(true);
    expect(run('n = 0\nrepeat 4 { n = n + 1 }\nrepeat n { n = n + 1 }\nexpect n == 8').ok).toBe(true);
    expect(
      run('n = 0\nrepeat 0 { n = 1 }\nrepeat i in 5..5 { n = 2 }\nrepeat i in 6..5 { n = 3 }\nexpect n == 0').ok,
    ).toBe(true);
  });
  it('refuses to go round for ever', () => {
    expect(refusal('repeat 0 - 1 { }').what).toMatch(/^this would go round 18446744073709551615 times/);
  });
});

describe('a function that refuses what it is asked', () => {
  const throwing = (error: Error) =>
    runText('add(1)\n  broken()', [
      ...functions,
      fake('broken', {
        run: () => {
          throw error;
        },
      }),
    ]);

  it('is placed in the script', () => {
    const cause = new ToolError('number/invalid', '7 is no type.', 'Write 0 to 5.');
    expect(() => throwing(cause)).toThrow(
      expect.objectContaining({
        code: 'script/type',
        message: 'test.kws:2:3: 7 is no type.',
        hint: 'Write 0 to 5.',
        cause,
      }),
    );
  });
  it('is left alone when the fault is our own', () => {
    const invariant = new ToolError('internal/invariant', 'unexpected');
    expect(() => throwing(invariant)).toThrow(invariant);
    const bare = new TypeError('x');
    expect(() => throwing(bare)).toThrow(bare);
  });
});

describe('phase, param, set', () => {
  it('change what they name', () => {
    const { machine, ok } = run(
      'phase setup_arch\nset system_state = SYSTEM_RUNNING\nset fixmaps_set = true\nexpect system_state == SYSTEM_RUNNING && phase == "setup_arch" && fixmaps_set == 1',
    );
    expect(ok).toBe(true);
    expect(machine.events.map((event) => event.type)).toEqual(['phase.entered', 'variable.set', 'variable.set']);
  });
  it('call the function that handles the parameter', () => {
    expect(run('param early_ioremap_debug').machine.events[0]).toMatchObject({
      type: 'call.entered',
      fn: 'early_ioremap_debug_setup',
      origin: 'test.kws:1',
    });
  });
});

describe('a script is refused before anything runs', () => {
  it.each([
    ['ad(1)', 1, 1, 'script/name', 'there is no kernel function ad().', 'Did you mean add?'],
    ['a = nothing_like_it(1)', 1, 5, 'script/name', 'there is no kernel function nothing_like_it().', ''],
    ['old()', 1, 1, 'script/name', 'profile linux-6.1 has no old().', '6.1 lost it.'],
    ['add()', 1, 1, 'script/type', 'add() takes 1 to 2 arguments, here are 0.', 'Write add(a, b = 5).'],
    ['map(1, 2)', 1, 1, 'script/type', 'map() takes 1 argument, here are 2.', 'Write map(size).'],
    ['map(phase)', 1, 5, 'script/type', 'size of map() must be a number, this is text.', ''],
    ['map(slots)', 1, 5, 'script/type', 'size of map() must be a number, this is a list of slot records.', ''],
    ['request(1, 2)', 1, 12, 'script/type', 'name of request() must be a text, this is a number.', ''],
    ['map(aa)', 1, 5, 'script/name', 'there is no "aa".', ''],
    ['a = unmap(1)', 1, 1, 'script/type', 'unmap() returns nothing.', 'Leave "a =" out.'],
    ['x = y_', 1, 5, 'script/name', 'there is no "y_".', ''],
    ['mapping = map(1)\nexpect maping == 1', 2, 8, 'script/name', 'there is no "maping".', 'Did you mean mapping?'],
    ['expect phase', 1, 8, 'script/type', 'expect needs a condition.', 'Compare it with something.'],
    ['expect slots[1].prevmap == 1', 1, 17, 'script/name', 'a slot has no field "prevmap".', 'Did you mean prev_map?'],
    [
      'expect map(1) == 2',
      1,
      8,
      'script/name',
      'map() is a kernel call, which cannot stand inside an expression.',
      'Give it a line of its own: x = map(…).',
    ],
    [
      'add(map(1))',
      1,
      5,
      'script/name',
      'map() is a kernel call, which cannot stand inside an expression.',
      'Give it a line of its own: x = map(…).',
    ],
    [
      'walk(1)',
      1,
      1,
      'script/type',
      'walk() only looks at the machine, so a line of its own does nothing.',
      'Use it in expect, or write x = walk(…).',
    ],
    ['w = walk(1)', 1, 5, 'script/type', 'a name holds a number, walk() gives a walk.', 'Take one field of it.'],
    [
      'w = phys_of(1) @ x',
      1,
      5,
      'script/type',
      'phys_of() is no kernel call, so nothing calls it.',
      'Leave the @ out.',
    ],
    ['s = phase', 1, 5, 'script/type', 'a name holds a number, this is text.', ''],
    [
      'slots_in_use = 3',
      1,
      1,
      'script/name',
      'slots_in_use has a meaning already: Number of windows whose prev_map is set.',
      'Choose another name.',
    ],
    [
      'PAGE_SIZE = 3',
      1,
      1,
      'script/name',
      'PAGE_SIZE has a meaning already: Constant of the kernel.',
      'Choose another name.',
    ],
    [
      'x = 1\nx = true',
      2,
      1,
      'script/type',
      'x is a number since line 1, this would make it true or false.',
      'Choose another name.',
    ],
    [
      'repeat 2 { x = 1 }\nexpect x == 1',
      2,
      8,
      'script/name',
      'there is no "x" any more: it was set inside a block.',
      "Give it a value before line 1's block to keep it.",
    ],
    [
      'repeat x in 0..3 { }\nf = x',
      2,
      5,
      'script/name',
      'there is no "x" any more: it was set inside a block.',
      "Give it a value before line 1's block to keep it.",
    ],
    ['repeat phase { }', 1, 8, 'script/type', 'repeat needs a number, this is text.', ''],
    ['repeat boot in 0..3 { }', 1, 8, 'script/name', 'boot is a word of the language.', 'Choose another name.'],
    [
      'param early_ioremap_debg',
      1,
      7,
      'script/name',
      'no kernel parameter "early_ioremap_debg" is simulated.',
      'Did you mean early_ioremap_debug?',
    ],
    [
      'set sytem_state = 1',
      1,
      5,
      'script/name',
      'there is no kernel variable "sytem_state".',
      'Did you mean system_state?',
    ],
    ['set system_state = phase', 1, 20, 'script/type', 'system_state holds a number, this is text.', ''],
    [
      'set system_state = SYSTEM_RUNING',
      1,
      20,
      'script/name',
      'there is no "SYSTEM_RUNING".',
      'Did you mean SYSTEM_RUNNING?',
    ],
  ])('%j', (text, line, column, code, what, hint) => {
    const error = refusal(text);
    expect(error).toMatchObject({ code, what, hint });
    expect([error.place.line, error.place.column]).toEqual([line, column]);
  });

  it('however late the mistake stands', () => {
    const called: bigint[] = [];
    const watched = [fake('note', { params: [size], run: (_ctx, [n]) => void called.push(n!) })];
    expect(() => runText('note(1)\nrepeat 2 { note(nothing) }', watched)).toThrow(ScriptError);
    expect(called).toEqual([]);
  });

  it('but a value can still be wrong when it is met', () => {
    expect(refusal('n = 0\nx = add(1)\ny = x / n').message).toBe('test.kws:3:7: this divides by zero.');
  });
});
