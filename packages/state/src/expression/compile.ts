import { didYouMean } from '@kwind/x86';
import type { BinaryOperator, Expression, Node, NodeOf } from './ast.ts';
import { failIn, type Fail } from './errors.ts';
import { arithmetic, equal, isNull, isPlain, ordering, truth } from './operators.ts';
import type { Declaration, Environment, Scope } from './scope.ts';
import {
  addressType, anyType, booleanType, isList, isRecord, nullType, numberType, stringType, typeName, typeOf,
  type Type, type Value,
} from './values.ts';

/** A checked expression: its type, and what computes its value. */
export interface Compiled {
  readonly type: Type;
  run(env: Environment): Value;
}

/** Turns each node into a function, checking names and types on the way, so that a condition is checked once and run often. */
class Compiler {
  readonly #scope: Scope;
  readonly #fail: Fail;

  constructor(scope: Scope, fail: Fail) {
    this.#scope = scope;
    this.#fail = fail;
  }

  compile(node: Node): Compiled {
    switch (node.kind) {
      case 'number':
        return constant(node.show === 'hex' ? addressType : numberType, node.value);
      case 'boolean':
        return constant(booleanType, node.value);
      case 'string':
        return constant(stringType, node.value);
      case 'null':
        return constant(nullType, null);
      case 'name':
        return this.#name(node);
      case 'call':
        return this.#call(node);
      case 'member':
        return this.#member(node);
      case 'index':
        return this.#index(node);
      case 'unary':
        return this.#unary(node);
      case 'binary':
        return this.#binary(node);
    }
  }

  #find(name: string, at: number): Declaration {
    const found = this.#scope.find(name);
    if (found) return found;
    const hint = /^[0-9a-f]{5,16}$/i.test(name) ? `Did you mean 0x${name}?` : didYouMean(name, this.#scope.names());
    return this.#fail('expression/name', at, `there is no "${name}".`, hint);
  }

  #name(node: NodeOf<'name'>): Compiled {
    const found = this.#find(node.name, node.at);
    if (found.params) {
      const call = `${node.name}(${found.params.map((param) => param.name).join(', ')})`;
      this.#fail('expression/type', node.at, `${node.name} is a function.`, `Write ${call}.`);
    }
    return { type: found.type, run: (env) => found.get(env, []) };
  }

  #call(node: NodeOf<'call'>): Compiled {
    const found = this.#find(node.name, node.at);
    const { params } = found;
    if (!params) {
      const hint = found.type.kind === 'list' ? `Write ${node.name}[${found.type.key}].` : 'Leave the parentheses out.';
      return this.#fail('expression/type', node.at, `${node.name} is no function.`, hint);
    }
    const usage = `${node.name}(${params.map((param) => param.name).join(', ')})`;
    if (params.length !== node.args.length) {
      const wanted = `${params.length} ${params.length === 1 ? 'argument' : 'arguments'}`;
      this.#fail('expression/type', node.at, `${node.name}() takes ${wanted}, here are ${node.args.length}.`, `Write ${usage}.`);
    }
    const args = node.args.map((arg, i) => this.#argument(arg, params[i]!.type, `${params[i]!.name} of ${node.name}()`));
    return {
      type: found.type,
      run: (env) => {
        const values = args.map((arg) => arg(env));
        return values.includes(null) ? null : found.get(env, values);
      },
    };
  }

  #argument(node: Node, wanted: Type, what: string): (env: Environment) => Value {
    if (wanted.kind === 'number') return this.#number(node, what);
    const code = this.compile(node);
    if (code.type.kind !== 'any' && code.type.kind !== wanted.kind) this.#wrongType(node, code.type, wanted, what);
    return (env) => {
      const value = code.run(env);
      if (value !== null && typeOf(value).kind !== wanted.kind) this.#wrongType(node, typeOf(value), wanted, what);
      return value;
    };
  }

  #wrongType(node: Node, found: Type, wanted: Type, what: string): never {
    return this.#fail('expression/type', node.start, `${what} must be ${typeName(wanted)}, this is ${typeName(found)}.`, this.#fieldHint(found));
  }

  #fieldHint(type: Type): string {
    if (type.kind === 'record') return `Name one of its fields: .${Object.keys(type.fields).join(', .')}.`;
    return type.kind === 'list' ? `Pick one with [${type.key}].` : '';
  }

  /** A node that must be a number. NULL passes as 0 where C takes a pointer: as an argument. */
  #number(node: Node, what: string): (env: Environment) => bigint | null {
    return node.kind === 'null' ? () => 0n : this.#asNumber(node, this.compile(node), what);
  }

  #asNumber(node: Node, code: Compiled, what: string): (env: Environment) => bigint | null {
    const check = (type: Type): void => {
      if (type.kind !== 'number') this.#wrongType(node, type, numberType, what);
    };
    if (code.type.kind !== 'any') check(code.type);
    return (env) => {
      const value = code.run(env);
      if (typeof value === 'bigint' || value === null) return value;
      check(typeOf(value));
      return null;
    };
  }

  #member(node: NodeOf<'member'>): Compiled {
    const of = this.compile(node.of);
    if (of.type.kind === 'list') {
      if (node.field === 'length') return { type: numberType, run: (env) => lengthOf(of.run(env)) };
      this.#fail('expression/type', node.at, `a list has no field "${node.field}", only length.`, this.#fieldHint(of.type));
    }
    if (of.type.kind === 'record') {
      const { type } = this.#field(of.type, node);
      return { type, run: (env) => this.#read(of.run(env), node) };
    }
    if (of.type.kind !== 'any') {
      this.#fail('expression/type', node.at, `${typeName(of.type)} has no fields, so no "${node.field}".`);
    }
    return { type: anyType, run: (env) => this.#read(of.run(env), node) };
  }

  #field(type: Extract<Type, { kind: 'record' }>, node: NodeOf<'member'>) {
    const names = Object.keys(type.fields);
    if (Object.hasOwn(type.fields, node.field)) return type.fields[node.field]!;
    const hint = didYouMean(node.field, names, `Its fields are ${names.join(', ')}.`);
    return this.#fail('expression/name', node.at, `a ${type.name} has no field "${node.field}".`, hint);
  }

  #read(value: Value, node: NodeOf<'member'>): Value {
    if (value === null) return null;
    if (isRecord(value)) return this.#field(value.type, node).get(value.subject as never);
    if (isList(value) && node.field === 'length') return lengthOf(value);
    return this.#fail('expression/type', node.at, `${typeName(typeOf(value))} has no field "${node.field}".`);
  }

  #index(node: NodeOf<'index'>): Compiled {
    const { type, run } = this.compile(node.of);
    if (type.kind !== 'list' && type.kind !== 'any') {
      this.#fail('expression/type', node.at, `${typeName(type)} cannot be indexed.`, this.#fieldHint(type));
    }
    const index = this.#number(node.index, type.kind === 'list' ? `the ${type.key} in [ ]` : 'an index');
    return {
      type: type.kind === 'list' ? type.of : anyType,
      run: (env) => {
        const list = run(env);
        const key = index(env);
        return list === null || key === null ? null : this.#element(list, key, node);
      },
    };
  }

  #element(list: Value, key: bigint, node: NodeOf<'index'>): Value {
    if (!isList(list)) return this.#fail('expression/type', node.at, `${typeName(typeOf(list))} cannot be indexed.`);
    const { size, key: name } = list.type;
    if (size === undefined || key < size) return list.at(key);
    return this.#fail('expression/type', node.at, `there is no ${name} ${key}, they go from 0 to ${size - 1}.`);
  }

  #unary(node: NodeOf<'unary'>): Compiled {
    if (node.operator === '!') {
      const operand = this.#condition(node.operand, '!');
      return { type: booleanType, run: (env) => !operand(env) };
    }
    const operand = this.#operand(node.operand, node.operator);
    const apply = node.operator === '~' ? (value: bigint) => ~value : (value: bigint) => -value;
    return {
      type: addressType,
      run: (env) => {
        const value = operand.run(env);
        return value === null ? null : BigInt.asUintN(64, apply(value));
      },
    };
  }

  /** An operand of ! && ||: anything but a text, which is never a condition. */
  #condition(node: Node, operator: string): (env: Environment) => boolean {
    const code = this.compile(node);
    if (code.type.kind === 'string' || code.type.kind === 'list') {
      this.#fail('expression/type', node.start, `${operator} needs a condition, this is ${typeName(code.type)}.`, 'Compare it with something.');
    }
    return (env) => truth(code.run(env));
  }

  /** An operand of an arithmetic operator. */
  #operand(node: Node, operator: string): { readonly type: Type; run(env: Environment): bigint | null } {
    const what = `the operand of ${operator}`;
    if (node.kind === 'null') this.#wrongType(node, nullType, numberType, what);
    const code = this.compile(node);
    const { type } = code;
    const trap = node.kind === 'binary' && type.kind === 'boolean' && ['&', '|', '^'].includes(operator);
    if (trap) {
      const hint = `In C, ${node.operator} binds tighter than ${operator}; put parentheses around the ${operator}.`;
      this.#fail('expression/type', node.at, `${what} must be a number, this is a comparison.`, hint);
    }
    return { type, run: this.#asNumber(node, code, what) };
  }

  #binary(node: NodeOf<'binary'>): Compiled {
    const { operator } = node;
    if (operator === '&&' || operator === '||') {
      const [left, right] = [this.#condition(node.left, operator), this.#condition(node.right, operator)];
      return { type: booleanType, run: operator === '&&' ? (env) => left(env) && right(env) : (env) => left(env) || right(env) };
    }
    if (operator === '==' || operator === '!=') return this.#equality(node, operator === '==');
    const order = ordering[operator];
    if (order) return this.#ordering(node, order);
    return this.#arithmetic(node, operator);
  }

  #ordering(node: NodeOf<'binary'>, order: (a: bigint, b: bigint) => boolean): Compiled {
    if (node.left.kind === 'binary' && ordering[node.left.operator]) {
      this.#fail('expression/type', node.at, 'comparisons cannot be chained.', 'Write a < b && b < c.');
    }
    const [left, right] = [this.#operand(node.left, node.operator), this.#operand(node.right, node.operator)];
    return {
      type: booleanType,
      run: (env) => {
        const [a, b] = [left.run(env), right.run(env)];
        return a !== null && b !== null && order(a, b);
      },
    };
  }

  #arithmetic(node: NodeOf<'binary'>, operator: BinaryOperator): Compiled {
    const [left, right] = [this.#operand(node.left, operator), this.#operand(node.right, operator)];
    const apply = arithmetic[operator]!;
    return {
      type: isDecimal(left.type) && isDecimal(right.type) ? numberType : addressType,
      run: (env) => {
        const [a, b] = [left.run(env), right.run(env)];
        if (a === null || b === null) return null;
        return apply(a, b) ?? this.#fail('expression/type', node.at, 'this divides by zero.');
      },
    };
  }

  #equality(node: NodeOf<'binary'>, wanted: boolean): Compiled {
    const [left, right] = [this.compile(node.left), this.compile(node.right)];
    this.#checkComparable(node, left.type, right.type);
    // Only a NULL that is written out stands for 0; two sides that both have no value are equal, a number and no value are not.
    if (node.right.kind === 'null') return { type: booleanType, run: (env) => isNull(left.run(env)) === wanted };
    if (node.left.kind === 'null') return { type: booleanType, run: (env) => isNull(right.run(env)) === wanted };
    return {
      type: booleanType,
      run: (env) => {
        const [a, b] = [left.run(env), right.run(env)];
        if (!isPlain(a) || !isPlain(b)) this.#checkComparable(node, typeOf(a), typeOf(b));
        return equal(a, b) === wanted;
      },
    };
  }

  #checkComparable(node: NodeOf<'binary'>, left: Type, right: Type): void {
    for (const [side, type, other] of [[node.left, left, right], [node.right, right, left]] as const) {
      const whole = type.kind === 'record' || type.kind === 'list';
      if (whole && other.kind !== 'null') {
        this.#fail('expression/type', side.start, `${typeName(type)} as a whole cannot be compared.`, this.#fieldHint(type));
      }
    }
    if (!comparable(left.kind, right.kind)) {
      this.#fail('expression/type', node.at, `${typeName(left)} is compared with ${typeName(right)}.`, 'The two can never be equal.');
    }
    this.#checkWord(node.left, right);
    this.#checkWord(node.right, left);
  }

  /** `event.type == "pte.writen"` can never be true, which is a mistake that would go unnoticed. */
  #checkWord(node: Node, other: Type): void {
    if (node.kind !== 'string' || other.kind !== 'string' || !other.words || other.words.includes(node.value)) return;
    const hint = didYouMean(node.value, other.words, other.words.length <= 12 ? `There are ${other.words.join(', ')}.` : '');
    this.#fail('expression/name', node.at, `"${node.value}" is none of the texts that this can be.`, hint);
  }
}

const constant = (type: Type, value: Value): Compiled => ({ type, run: () => value });
const isDecimal = (type: Type): boolean => type.kind === 'number' && type.show === 'dec';
const lengthOf = (value: Value): Value => (isList(value) ? BigInt(value.length) : null);

function comparable(a: Type['kind'], b: Type['kind']): boolean {
  if (a === b || a === 'any' || b === 'any' || a === 'null' || b === 'null') return true;
  const numeric = new Set(['number', 'boolean']);
  return numeric.has(a) && numeric.has(b);
}

/** Checked forms by expression and scope; both are immutable, so keeping them is invisible. */
const known = new WeakMap<Expression, WeakMap<Scope, Compiled>>();

/**
 * Check an expression against the names it may use.
 * @throws ExpressionError expression/name, expression/type
 */
export function compileExpression(expression: Expression, scope: Scope): Compiled {
  let forms = known.get(expression);
  if (!forms) known.set(expression, (forms = new WeakMap()));
  let compiled = forms.get(scope);
  if (!compiled) forms.set(scope, (compiled = new Compiler(scope, failIn(expression.text)).compile(expression.root)));
  return compiled;
}

/** The type of an expression. @throws ExpressionError expression/name, expression/type */
export const checkExpression = (expression: Expression, scope: Scope): Type => compileExpression(expression, scope).type;

/**
 * The value of an expression now.
 * @throws ExpressionError as {@link checkExpression}; expression/type too for a division by zero and for a name of
 *         unknown type that turned out to be of the wrong one
 */
export const evaluate = (expression: Expression, scope: Scope, env: Environment): Value =>
  compileExpression(expression, scope).run(env);

/** Whether a condition holds. A number holds when it is not 0; no value never holds. */
export const holds = (expression: Expression, scope: Scope, env: Environment): boolean => truth(evaluate(expression, scope, env));
