import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profile } from '@kwind/x86';
import { initialState } from '../machine.ts';
import { binaryOperators, precedence, type BinaryOperator, type Node } from './ast.ts';
import {
  anyType,
  checkExpression,
  evaluate,
  eventScope,
  ExpressionError,
  formatValue,
  localName,
  machineScope,
  makeScope,
  parseExpression,
  printExpression,
  type Expression,
  type Value,
} from './index.ts';

const linux = profile('linux-6.1');
const view = initialState(linux);
const scope = eventScope(makeScope([localName('$x', anyType, '')], machineScope(linux)));

const place = { at: 0, start: 0, end: 0 };
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const names = fc.constantFrom('slots', 'tlb', 'walk', 'cr3', 'phase', '$x', 'x_1', 'event', 'call');

const trees = fc.letrec<{ node: Node; leaf: Node }>((tie) => ({
  leaf: fc.oneof(
    fc
      .record({
        kind: fc.constant('number' as const),
        value: u64,
        show: fc.constantFrom('hex' as const, 'dec' as const),
      })
      .map((n) => ({ ...n, ...place })),
    names.map((name): Node => ({ kind: 'name', name, ...place })),
    fc.string().map((value): Node => ({ kind: 'string', value, ...place })),
    fc.boolean().map((value): Node => ({ kind: 'boolean', value, ...place })),
    fc.constant<Node>({ kind: 'null', ...place }),
  ),
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc
      .tuple(fc.constantFrom(...binaryOperators), tie('node'), tie('node'))
      .map(([operator, left, right]): Node => ({ kind: 'binary', operator, left, right, ...place })),
    fc
      .tuple(fc.constantFrom('!' as const, '~' as const, '-' as const), tie('node'))
      .map(([operator, operand]): Node => ({ kind: 'unary', operator, operand, ...place })),
    fc.tuple(tie('node'), names).map(([of, field]): Node => ({ kind: 'member', of, field, ...place })),
    fc.tuple(tie('node'), tie('node')).map(([of, index]): Node => ({ kind: 'index', of, index, ...place })),
    fc
      .tuple(names, fc.array(tie('node'), { maxLength: 3 }))
      .map(([name, args]): Node => ({ kind: 'call', name, args, ...place })),
  ),
}));

/** The tree alone, without where its parts stand. */
const bare = (node: Node): unknown =>
  JSON.parse(
    JSON.stringify(node, (key, value) =>
      ['at', 'start', 'end'].includes(key) ? undefined : typeof value === 'bigint' ? `${value}n` : value,
    ),
  );

describe('printing', () => {
  it('and parsing give the tree back', () => {
    fc.assert(
      fc.property(trees.node, (root) => {
        const text = printExpression({ text: '', root });
        expect(bare(parseExpression(text).root)).toEqual(bare(root));
      }),
      { numRuns: 1000 },
    );
  });

  it('twice changes nothing', () => {
    fc.assert(
      fc.property(trees.node, (root) => {
        const once = printExpression({ text: '', root });
        expect(printExpression(parseExpression(once))).toBe(once);
      }),
    );
  });
});

interface Sum {
  readonly text: string;
  readonly value: bigint | undefined;
  readonly strength: number;
}

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const model: Readonly<Record<string, (a: bigint, b: bigint) => bigint | undefined>> = {
  '+': (a, b) => wrap(a + b),
  '-': (a, b) => wrap(a - b),
  '*': (a, b) => wrap(a * b),
  '/': (a, b) => (b === 0n ? undefined : a / b),
  '%': (a, b) => (b === 0n ? undefined : a % b),
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => (b >= 64n ? 0n : wrap(a * 2n ** b)),
  '>>': (a, b) => (b >= 64n ? 0n : a / 2n ** b),
};

/** Sums with their value, worked out apart from the language and spelled with only the parentheses C needs. */
const sums = fc.letrec<{ sum: Sum }>((tie) => ({
  sum: fc.oneof(
    { depthSize: 'medium' },
    fc
      .oneof(u64, fc.bigInt({ min: 0n, max: 70n }))
      .map((value): Sum => ({ text: String(value), value, strength: 100 })),
    fc.tuple(fc.constantFrom(...Object.keys(model)), tie('sum'), tie('sum')).map(([operator, a, b]): Sum => {
      const strength = precedence[operator as BinaryOperator];
      const side = (one: Sum, least: number): string => (one.strength < least ? `(${one.text})` : one.text);
      const value = a.value === undefined || b.value === undefined ? undefined : model[operator]!(a.value, b.value);
      return { text: `${side(a, strength)}${operator}${side(b, strength + 1)}`, value, strength };
    }),
  ),
}));

describe('arithmetic', () => {
  it('is that of 64 bits, whatever the expression', () => {
    fc.assert(
      fc.property(sums.sum, ({ text, value }) => {
        const result = (): Value | string => {
          try {
            return evaluate(parseExpression(text), scope, { view });
          } catch (error) {
            return (error as ExpressionError).what;
          }
        };
        expect(result()).toBe(value ?? 'this divides by zero.');
      }),
      { numRuns: 1000 },
    );
  });
});

/** Everything that a caller does with a text; '' when all went as it may. Anything but an ExpressionError falls out. */
function misuse(text: string): string {
  try {
    const expression: Expression = parseExpression(text);
    printExpression(expression);
    const type = checkExpression(expression, scope);
    const locals = new Map<string, Value>([['$x', 3n]]);
    formatValue(evaluate(expression, scope, { view, locals }), type.kind === 'any' ? undefined : type);
    return '';
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const inside = error.column >= 1 && error.column <= text.length + 1;
    return inside && error.what !== '' ? '' : `${error.message} for ${JSON.stringify(text)}`;
  }
}

const pieces = fc.constantFrom(
  ...binaryOperators,
  '!',
  '~',
  '(',
  ')',
  '[',
  ']',
  '.',
  ',',
  ' ',
  '..',
  '@',
  '"a"',
  "'",
  'not',
  'and',
  'or',
  'NULL',
  'true',
  'slots',
  'slots_in_use',
  'tlb',
  'walk',
  'pte',
  'entry',
  'cr3',
  'phase',
  'fn',
  'stack',
  'call',
  'event',
  'after',
  '$x',
  'in_use',
  'phys',
  'steps',
  'length',
  'args',
  '0',
  '1',
  '3',
  '8',
  '0x1000',
  '0xffffffffffffffff',
  '2M',
  '010',
  '0xzz',
  '\n',
  '\u{1F600}',
  '\\',
);

describe('any text', () => {
  it('is an expression or refused with a column: pieces of the language', () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 14 }),
        fc.constantFrom('', ' '),
        (parts, glue) => void expect(misuse(parts.join(glue))).toBe(''),
      ),
      { numRuns: 4000 },
    );
  });
  it('is an expression or refused with a column: anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => void expect(misuse(text)).toBe('')),
      { numRuns: 1000 },
    );
  });
  it('is an expression or refused with a column: well-formed trees of any type', () => {
    fc.assert(
      fc.property(trees.node, (root) => void expect(misuse(printExpression({ text: '', root }))).toBe('')),
      { numRuns: 3000 },
    );
  });
  it('is refused soon however long it is', () => {
    for (const part of ['(', '!', '-', 'a.', 'a[', 'f(', '1+', 'not ', '"', 'a && ', '((1)+', '~('])
      expect(misuse(part.repeat(300_000 / part.length))).toBe('');
  });
});
