import { describe, expect, it } from 'vitest';
import { describeAt, parseScript, printScript, ScriptError, scriptProfile } from './index.ts';

const printed = (text: string): string => printScript(parseScript(text, 'boot.kws'));

function refusal(text: string): ScriptError {
  try {
    parseScript(text, 'boot.kws');
  } catch (error) {
    if (error instanceof ScriptError) return error;
    throw error;
  }
  throw new Error(`${text} is accepted`);
}

describe('statements', () => {
  it.each([
    ['profile linux-4.4', 'profile linux-4.4'],
    [
      'profile linux-6.1 nr_cpus=64 CONFIG_INTEL_TXT=n   # a comment',
      'profile linux-6.1 nr_cpus=64 CONFIG_INTEL_TXT=n',
    ],
    ['boot', 'boot'],
    ['early_ioremap( 0xf0000 , 64K )', 'early_ioremap(0xf0000, 65536)'],
    ['a=early_ioremap(0xf0000,0x10000);', 'a = early_ioremap(0xf0000, 0x10000)'],
    ['a = f(1) @ dmi_setup+0xfa', 'a = f(1) @ dmi_setup+0xfa'],
    [
      'f() @ dmi_setup+0xfa/0x26f < setup_arch+0x5f7<start_kernel',
      'f() @ dmi_setup+0xfa/0x26f < setup_arch+0x5f7 < start_kernel',
    ],
    ['f(1) @ amd_x.isra.0+0x1', 'f(1) @ amd_x.isra.0+0x1'],
    ['end = a + 0x10', 'end = a + 0x10'],
    ['expect slots_in_use == 1', 'expect slots_in_use == 1'],
    ["expect a == b, 'they\\'re equal'", 'expect a == b, "they\'re equal"'],
    ['expect warn', 'expect warn'],
    ['expect warn "not found # slot"', 'expect warn "not found # slot"'],
    ['expect bug "a\\nb"', 'expect bug "a\\nb"'],
    ['expect fault', 'expect fault'],
    ['expect warnings == 0', 'expect warnings == 0'],
    ['phase setup_arch', 'phase setup_arch'],
    ['phase "after boot"', 'phase "after boot"'],
    ['param early_ioremap_debug', 'param early_ioremap_debug'],
    ['set system_state = SYSTEM_RUNNING', 'set system_state = SYSTEM_RUNNING'],
    ['repeat 3 { f() }', 'repeat 3 {\n  f()\n}'],
    ['repeat n * 2 { }', 'repeat n * 2 { }'],
    ['repeat i in 0..16 { f(i); g(i) }', 'repeat i in 0..16 {\n  f(i)\n  g(i)\n}'],
    ['repeat i in a + 1 .. b { repeat 2 { f() } }', 'repeat i in a + 1..b {\n  repeat 2 {\n    f()\n  }\n}'],
  ])('%s', (text, wanted) => {
    expect(printed(text)).toBe(`${wanted}\n`);
  });

  it('end with the line, at a semicolon, and before a brace', () => {
    expect(printed('f(); g() // both\r\nh()\rrepeat 2 {\n\n f()\n # why\n}; i()')).toBe(
      'f()\ng()\nh()\nrepeat 2 {\n  f()\n}\ni()\n',
    );
  });

  it('may be none at all', () => {
    expect(parseScript('', 'x').statements).toEqual([]);
    expect(parseScript(' ;; \n# nothing\n// here', 'x').statements).toEqual([]);
    expect(parseScript('\uFEFFboot', 'x').statements).toHaveLength(1);
  });

  it('know where they stand', () => {
    const [, second] = parseScript('boot\n  a = f(1)', 'dir/boot.kws').statements;
    expect(second?.place).toEqual({ file: 'dir/boot.kws', line: 2, column: 3, source: '  a = f(1)' });
  });
});

describe('a script that cannot be read', () => {
  it.each([
    ['boot\nf(1', 'script/syntax', 2, 4, 'the text ends where ) for the ( of column 2 should be.'],
    ['f(1) g(2)', 'script/syntax', 1, 6, '"g" stands where the statement should end.'],
    ['boot half', 'script/syntax', 1, 6, '"half" stands where the statement should end.'],
    ['a = ', 'script/syntax', 1, 5, 'the text ends where a value should be.'],
    ['a == 3', 'script/syntax', 1, 1, 'this is a value, not a statement.'],
    ['slots_in_use', 'script/syntax', 1, 1, 'this is a value, not a statement.'],
    ['f(1) @', 'script/syntax', 1, 7, 'the line ends where a caller such as dmi_setup+0xfa should be.'],
    ['f(1) @ 0x10', 'script/syntax', 1, 8, '"0x10" stands where a caller such as dmi_setup+0xfa should be.'],
    ['f(1) @ a <', 'script/syntax', 1, 11, 'the line ends where a caller such as dmi_setup+0xfa should be.'],
    ['a = b @ c', 'script/syntax', 1, 7, '"@" stands where the statement should end.'],
    ['expect', 'script/syntax', 1, 7, 'the text ends where a value should be.'],
    ['expect a == 1,', 'script/syntax', 1, 15, 'a message in quotes should follow the comma.'],
    ['expect a = 1', 'script/syntax', 1, 10, '"=" stands where the statement should end.'],
    ['expect warn "abc', 'script/syntax', 1, 13, 'the text that starts here does not end on this line.'],
    ['phase', 'script/syntax', 1, 6, 'the line ends where the name of a phase should be.'],
    ['param', 'script/syntax', 1, 6, 'the line ends where the name of a kernel parameter should be.'],
    ['set x 3', 'script/syntax', 1, 7, '"3" stands where = should be, between the variable and its value.'],
    ['repeat 3', 'script/syntax', 1, 9, 'the line ends where { should be, before the statements to repeat.'],
    ['repeat 3 {\n f()\n', 'script/syntax', 1, 10, 'this { is never closed.'],
    [
      'repeat i in 0 { }',
      'script/syntax',
      1,
      15,
      '"{" stands where .. should be, between the first number and the one after the last.',
    ],
    ['f()\n}', 'script/syntax', 2, 1, 'this } closes nothing.'],
    ['boot\nprofile linux-6.1', 'script/syntax', 2, 1, 'profile must be the first statement.'],
    ['repeat 2 { boot\n profile linux-6.1 }', 'script/syntax', 2, 2, 'profile must be the first statement.'],
    ['profile', 'script/syntax', 1, 8, 'the line ends where the name of a profile should be.'],
    ['profile linux-6.1 nr_cpus', 'script/syntax', 1, 19, '"nr_cpus" stands where KEY=VALUE should be.'],
    ['boot = 3', 'script/name', 1, 1, 'boot is a word of the language.'],
    ['true = 3', 'script/name', 1, 1, 'true is a word of the language.'],
    ['x = 010', 'script/syntax', 1, 5, '010 has a leading zero, which C reads as octal.'],
    ['\t?', 'script/syntax', 1, 2, '"?" stands where a value should be.'],
  ])('%j', (text, code, line, column, what) => {
    const error = refusal(text);
    expect(error).toMatchObject({ code, what });
    expect(error.message).toBe(`boot.kws:${line}:${column}: ${what}`);
  });

  it.each([
    ['profile linux-6.2', 'script/name', 9, 'Did you mean linux-6.1?'],
    ['profile linux-6.1 nr_cpu=4', 'script/name', 19, 'Did you mean nr_cpus?'],
    ['profile linux-6.1 nr_cpus=4 la57=maybe', 'script/name', 29, 'Write la57=… with y or n.'],
    ['repaet 3 { }', 'script/syntax', 1, 'Did you mean repeat?'],
    ['a == 1', 'script/syntax', 1, 'To check it, write expect in front.'],
    ['expect a = 1', 'script/syntax', 10, 'To compare, write ==.'],
  ])('%s: a hint', (text, code, column, hint) => {
    const error = refusal(text);
    expect(error).toMatchObject({ code, hint });
    expect(error.place.column).toBe(column);
  });

  it('is shown with a caret', () => {
    expect(describeAt(refusal('boot\n  expect slots_in_use = 1  # one'))).toBe(
      '  expect slots_in_use = 1  # one\n                      ^',
    );
  });

  it('is refused when it is nested too deep', () => {
    expect(refusal('repeat 1 { '.repeat(5000)).what).toMatch(/nested more than 32/);
    expect(refusal(`x = ${'('.repeat(5000)}`).what).toMatch(/nested more than 200/);
  });
});

describe('scriptProfile', () => {
  it('is what the script asks for, else the default kernel', () => {
    expect(scriptProfile(parseScript('\n\nprofile linux-4.4 nr_cpus=8\nboot', 'x'))).toEqual({
      name: 'linux-4.4',
      options: ['nr_cpus=8'],
    });
    expect(scriptProfile(parseScript('boot', 'x'))).toEqual({ name: 'linux-6.1', options: [] });
  });
});
