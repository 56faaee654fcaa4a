import { didYouMean } from '@kwind/x86';
import type { BinaryOperator, Node, NodeOf } from './ast.ts';
import { asNumber, conditionAt, failType, partHint, type Compiled, type Compiler } from './compiled.ts';
import { arithmetic, equal, isNull, ordering } from './operators.ts';
import type { Environment } from './scope.ts';
import {
  addressType,
  booleanType,
  isList,
  isRecord,
  nullType,
  numberType,
  typeName,
  typeOf,
  type Type,
  type Value,
} from './values.ts';

interface Operand {
  readonly type: Type;
  run(env: Environment): bigint | null;
}

/** An operand of an arithmetic operator. */
function operandAt({ fail, compile }: Compiler, node: Node, operator: string): Operand {
  const what = `the operand of ${operator}`;
  if (node.kind === 'null') failType(fail, node, nullType, numberType, what);
  const code = compile(node);
  if (node.kind === 'binary' && code.type.kind === 'boolean' && ['&', '|', '^'].includes(operator)) {
    const hint = `In C, ${node.operator} binds tighter than ${operator}; put parentheses around the ${operator}.`;
    fail('expression/type', node.at, `${what} must be a number, this is a comparison.`, hint);
  }
  return { type: code.type, run: asNumber(fail, node, code, what) };
}

export function compileUnary(compiler: Compiler, node: NodeOf<'unary'>): Compiled {
  if (node.operator === '!') {
    const operand = conditionAt(compiler, node.operand, '!');
    return { type: booleanType, run: (env) => !operand(env) };
  }
  const operand = operandAt(compiler, node.operand, node.operator);
  const apply = node.operator === '~' ? (value: bigint) => ~value : (value: bigint) => -value;
  return {
    type: addressType,
    run: (env) => {
      const value = operand.run(env);
      return value === null ? null : BigInt.asUintN(64, apply(value));
    },
  };
}

export function compileBinary(compiler: Compiler, node: NodeOf<'binary'>): Compiled {
  const { operator } = node;
  if (operator === '&&' || operator === '||') return compileLogic(compiler, node, operator);
  if (operator === '==' || operator === '!=') return compileEquality(compiler, node, operator === '==');
  const order = ordering[operator];
  return order ? compileOrdering(compiler, node, order) : compileArithmetic(compiler, node, operator);
}

function compileLogic(compiler: Compiler, node: NodeOf<'binary'>, operator: '&&' | '||'): Compiled {
  const left = conditionAt(compiler, node.left, operator);
  const right = conditionAt(compiler, node.right, operator);
  const run =
    operator === '&&' ? (env: Environment) => left(env) && right(env) : (env: Environment) => left(env) || right(env);
  return { type: booleanType, run };
}

function compileOrdering(
  compiler: Compiler,
  node: NodeOf<'binary'>,
  order: (a: bigint, b: bigint) => boolean,
): Compiled {
  if (node.left.kind === 'binary' && ordering[node.left.operator]) {
    compiler.fail('expression/type', node.at, 'comparisons cannot be chained.', 'Write a < b && b < c.');
  }
  const [left, right] = [operandAt(compiler, node.left, node.operator), operandAt(compiler, node.right, node.operator)];
  return {
    type: booleanType,
    run: (env) => {
      const [a, b] = [left.run(env), right.run(env)];
      return a !== null && b !== null && order(a, b);
    },
  };
}

const isDecimal = (type: Type): boolean => type.kind === 'number' && type.show === 'dec';

function compileArithmetic(compiler: Compiler, node: NodeOf<'binary'>, operator: BinaryOperator): Compiled {
  const [left, right] = [operandAt(compiler, node.left, operator), operandAt(compiler, node.right, operator)];
  const apply = arithmetic[operator]!;
  return {
    type: isDecimal(left.type) && isDecimal(right.type) ? numberType : addressType,
    run: (env) => {
      const [a, b] = [left.run(env), right.run(env)];
      if (a === null || b === null) return null;
      return apply(a, b) ?? compiler.fail('expression/type', node.at, 'this divides by zero.');
    },
  };
}

function compileEquality(compiler: Compiler, node: NodeOf<'binary'>, wanted: boolean): Compiled {
  const [left, right] = [compiler.compile(node.left), compiler.compile(node.right)];
  const check = (a: Type, b: Type): void => checkComparable(compiler, node, a, b);
  check(left.type, right.type);
  // Only a NULL that is written out stands for 0; two sides that both have no value are equal, a number and no value are not.
  if (node.right.kind === 'null') return { type: booleanType, run: (env) => isNull(left.run(env)) === wanted };
  if (node.left.kind === 'null') return { type: booleanType, run: (env) => isNull(right.run(env)) === wanted };
  const open = left.type.kind === 'any' || right.type.kind === 'any';
  return {
    type: booleanType,
    run: (env) => {
      const [a, b] = [left.run(env), right.run(env)];
      if (open && (isWhole(a) || isWhole(b))) check(typeOf(a), typeOf(b));
      return equal(a, b) === wanted;
    },
  };
}

const isWhole = (value: Value): boolean => isRecord(value) || isList(value);

function checkComparable(compiler: Compiler, node: NodeOf<'binary'>, left: Type, right: Type): void {
  checkPart(compiler, node.left, left, right);
  checkPart(compiler, node.right, right, left);
  if (!comparable(left.kind, right.kind)) {
    const what = `${typeName(left)} is compared with ${typeName(right)}.`;
    compiler.fail('expression/type', node.at, what, 'The two can never be equal.');
  }
  checkWord(compiler, node.left, right);
  checkWord(compiler, node.right, left);
}

/** A record or a list as a whole equals nothing, but it can be compared with NULL: is it there at all? */
function checkPart({ fail }: Compiler, side: Node, type: Type, other: Type): void {
  if ((type.kind !== 'record' && type.kind !== 'list') || other.kind === 'null') return;
  fail('expression/type', side.start, `${typeName(type)} as a whole cannot be compared.`, partHint(type));
}

function comparable(a: Type['kind'], b: Type['kind']): boolean {
  if (a === b || a === 'any' || b === 'any' || a === 'null' || b === 'null') return true;
  const numeric: readonly string[] = ['number', 'boolean'];
  return numeric.includes(a) && numeric.includes(b);
}

/** `event.type == "pte.writen"` can never be true, which is a mistake that would go unnoticed. */
function checkWord({ fail }: Compiler, node: Node, other: Type): void {
  if (node.kind !== 'string' || other.kind !== 'string' || !other.words || other.words.includes(node.value)) return;
  const all = other.words.length <= 12 ? `There are ${other.words.join(', ')}.` : '';
  fail(
    'expression/name',
    node.at,
    `"${node.value}" is none of the texts that this can be.`,
    didYouMean(node.value, other.words, all),
  );
}
