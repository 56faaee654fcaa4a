import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profile } from '@kwind/x86';
import { parseExpression } from '@kwind/state';
import { kernelFunctions } from '../../functions.ts';
import type { Statement, Word } from './ast.ts';
import { checkScript, describeAt, parseScript, printScript, ScriptError } from './index.ts';
import type { MachineLine } from './machine/args.ts';
import { MachineShelf } from './machine/shelf.ts';
import { keywords } from './statements/index.ts';
import { Cursor } from './tokenize.ts';

const linux = profile('linux-6.1');
const place = { file: '', line: 1, column: 1, source: '' };
const word = fc.constantFrom('a', 'b', 'x_1', '__y', 'mapping').map((text): Word => ({ text, place }));
const value = fc
  .constantFrom('1', '0x10 + a', 'slots[0].in_use', '"text"', 'NULL', 'f(1).x', '!a && b == 2')
  .map(parseExpression);
const call = fc.constantFrom('f()', 'early_ioremap(0xf0000, 0x1000)', 'g(a, "b # c")').map(parseExpression);
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const callers = fc.array(fc.constantFrom('dmi_setup+0xfa', 'f.isra.0+0x1/0x20', 'start_kernel'), { maxLength: 3 });

const machineName = fc.constantFrom('q35', 'uefi').map((name): Word => ({ text: name, place }));
const nowhere = new Cursor('', '');
const line = fc
  .tuple(fc.constantFrom('ioapic', 'hpet', 'cpus'), fc.constantFrom('0x10', '64K'))
  .map(([one, arg]): MachineLine => ({ word: one, args: [{ text: arg, quoted: false, place }], place }));

const { block } = fc.letrec<{ statement: Statement; block: readonly Statement[] }>((tie) => ({
  statement: fc.oneof(
    { depthSize: 'small' },
    fc.constant<Statement>({ kind: 'boot', place }),
    machineName.map((name): Statement => ({
      kind: 'boot',
      full: { name, machine: new MachineShelf().take(name, nowhere) },
      place,
    })),
    fc
      .tuple(machineName, fc.array(line, { maxLength: 3 }))
      .map(([like, lines]): Statement => ({ kind: 'machine', name: { text: 'mine', place }, like, lines, place })),
    fc.tuple(fc.option(word, { nil: undefined }), call, callers).map(([target, root, from]): Statement => ({
      kind: 'call',
      ...(target && { target }),
      value: root,
      callers: from,
      place,
    })),
    fc
      .tuple(
        word,
        value.filter(({ root }) => root.kind !== 'call'),
      )
      .map(([target, root]): Statement => ({ kind: 'assign', target, value: root, place })),
    fc.tuple(value, text).map(([condition, message]): Statement => ({ kind: 'expect', condition, message, place })),
    fc
      .tuple(fc.constantFrom('warn' as const, 'bug' as const, 'fault' as const), text)
      .map(([trouble, part]): Statement => ({ kind: 'expect-trouble', trouble, text: part, place })),
    text.map((name): Statement => ({ kind: 'phase', name, place })),
    word.map((name): Statement => ({ kind: 'param', name, place })),
    fc.tuple(word, value).map(([name, root]): Statement => ({ kind: 'set', name, value: root, place })),
    fc.tuple(value, tie('block')).map(([to, body]): Statement => ({ kind: 'repeat', to, body, place })),
    fc
      .tuple(word, value, value, tie('block'))
      .map(([counter, from, to, body]): Statement => ({ kind: 'repeat', counter, from, to, body, place })),
  ),
  block: fc.array(tie('statement'), { maxLength: 4 }),
}));

const skipped = new Set(['place', 'at', 'start', 'end']);
/** The tree alone, without where its parts stand. */
const bare = (statements: readonly Statement[]): unknown =>
  JSON.parse(
    JSON.stringify(statements, (key, one) =>
      skipped.has(key) || (key === 'text' && one?.includes?.('f(') === true)
        ? undefined
        : typeof one === 'bigint'
          ? `${one}n`
          : one,
    ),
  );

/** Expressions carry the text they were read from, which is the line and not the part. */
const withoutSources = (tree: unknown): unknown =>
  JSON.parse(
    JSON.stringify(tree, (_key, one: unknown) =>
      typeof one === 'object' && one !== null && 'root' in one ? { root: one.root } : one,
    ),
  );

describe('printing', () => {
  it('and parsing give the script back', () => {
    fc.assert(
      fc.property(block, (statements) => {
        const printed = printScript({ file: '', statements });
        expect(withoutSources(bare(parseScript(printed, '').statements))).toEqual(withoutSources(bare(statements)));
      }),
      { numRuns: 500 },
    );
  });
});

/** Everything that a caller does before a script runs; '' when all went as it may. Anything but a ScriptError falls out. */
function misuse(source: string): string {
  try {
    const script = parseScript(source, 'f.kws');
    printScript(script);
    checkScript(script, linux, kernelFunctions);
    return '';
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    const { line, column, source: shown } = error.place;
    const isThere = source.split(/\r\n|\r|\n/)[line - 1] === shown && column >= 1 && column <= shown.length + 1;
    const isNamed = error.message.startsWith(`f.kws:${line}:${column}: `) && describeAt(error).split('\n').length === 2;
    return isThere && isNamed ? '' : `${error.message} for ${JSON.stringify(source)}`;
  }
}

const pieces = fc.constantFrom(
  ...keywords,
  'linux-6.1',
  'nr_cpus=4',
  'early_ioremap',
  'early_iounmap',
  'load',
  'walk',
  'slots_in_use',
  'slots',
  'a',
  'i',
  'in',
  'warn',
  'bug',
  'fault',
  'early_ioremap_debug',
  'system_state',
  'SYSTEM_RUNNING',
  'dmi_setup+0xfa',
  '=',
  '==',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ';',
  ',',
  '.',
  '..',
  '@',
  '<',
  '+',
  '#',
  '//',
  '"text"',
  '"',
  "'",
  '0',
  '0x1000',
  '16',
  '010',
  '\n',
  '\n',
  '\r',
  '\u{1F600}',
  '\u00A0',
  '\\',
  '\uFEFF',
);

describe('any text', () => {
  it('is a script or refused with a place: pieces of the language', () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 25 }),
        fc.constantFrom('', ' '),
        (parts, glue) => void expect(misuse(parts.join(glue))).toBe(''),
      ),
      { numRuns: 4000 },
    );
  });
  it('is a script or refused with a place: anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => void expect(misuse(text)).toBe('')),
      { numRuns: 1000 },
    );
  });
  it('is a script or refused with a place: a good script with one character changed', () => {
    const good =
      'profile linux-6.1\nboot\na = early_ioremap(0xf0000, 0x10000) @ dmi_setup+0xfa\nrepeat i in 0..4 { load(a + i) }\nexpect slots_in_use == 1, "one"\nexpect warn "x"\nset system_state = SYSTEM_RUNNING\n';
    fc.assert(
      fc.property(
        fc.nat(good.length),
        fc.nat(1),
        fc.string({ maxLength: 1 }),
        (at, cut, put) => void expect(misuse(good.slice(0, at) + put + good.slice(at + cut))).toBe(''),
      ),
      { numRuns: 2000 },
    );
  });
  it('is refused soon however long it is', () => {
    for (const part of ['repeat 1 {', '{', '}', '"', '@ a < ', 'a = ', 'f(', '; ', '((', ' ', '\t'])
      expect(misuse(part.repeat(300_000 / part.length))).toBe('');
    expect(misuse(`f() @ ${'a < '.repeat(50_000)}a`)).toBe('');
  });
});
