import type { Node } from './ast.ts';
import type { Fail } from './errors.ts';
import { truth } from './operators.ts';
import type { Environment, Scope } from './scope.ts';
import { numberType, typeName, typeOf, type Type, type Value } from './values.ts';

/** A checked expression: its type, and what computes its value. */
export interface Compiled {
  readonly type: Type;
  run(env: Environment): Value;
}

/** What the parts of the compiler share. */
export interface Compiler {
  readonly scope: Scope;
  readonly fail: Fail;
  compile(node: Node): Compiled;
}

/** What to write instead of a whole record or list. */
export function partHint(type: Type): string {
  if (type.kind === 'record') return `Name one of its fields: .${Object.keys(type.fields).join(', .')}.`;
  return type.kind === 'list' ? `Pick one with [${type.key}].` : '';
}

export const failType = (fail: Fail, node: Node, found: Type, wanted: Type, what: string): never =>
  fail(
    'expression/type',
    node.start,
    `${what} must be ${typeName(wanted)}, this is ${typeName(found)}.`,
    partHint(found),
  );

/** `code`, the compiled `node`, as a number: checked now if its type is known, else whenever it runs. */
export function asNumber(fail: Fail, node: Node, code: Compiled, what: string): (env: Environment) => bigint | null {
  const check = (type: Type): void => {
    if (type.kind !== 'number') failType(fail, node, type, numberType, what);
  };
  if (code.type.kind !== 'any') check(code.type);
  return (env) => {
    const value = code.run(env);
    if (typeof value === 'bigint' || value === null) return value;
    check(typeOf(value));
    return null;
  };
}

/** A node that must be a number. NULL passes as 0 where C takes a pointer: as an argument. */
export const numberAt = (
  { fail, compile }: Compiler,
  node: Node,
  what: string,
): ((env: Environment) => bigint | null) =>
  node.kind === 'null' ? () => 0n : asNumber(fail, node, compile(node), what);

/** An operand of ! && ||: anything that can be there or not, so neither a text nor a list. */
export function conditionAt({ fail, compile }: Compiler, node: Node, operator: string): (env: Environment) => boolean {
  const code = compile(node);
  const check = (type: Type): void => {
    if (type.kind !== 'string' && type.kind !== 'list') return;
    fail(
      'expression/type',
      node.start,
      `${operator} needs a condition, this is ${typeName(type)}.`,
      'Compare it with something.',
    );
  };
  check(code.type);
  return (env) => {
    const value = code.run(env);
    if (code.type.kind === 'any') check(typeOf(value));
    return truth(value);
  };
}
