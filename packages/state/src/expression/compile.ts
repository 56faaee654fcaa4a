import type { Expression, Node } from './ast.ts';
import { compileCall, compileIndex, compileMember, compileName } from './compile-access.ts';
import { compileBinary, compileUnary } from './compile-operators.ts';
import type { Compiled, Compiler } from './compiled.ts';
import { failIn } from './errors.ts';
import { truth } from './operators.ts';
import type { Environment, Scope } from './scope.ts';
import { addressType, booleanType, nullType, numberType, stringType, type Type, type Value } from './values.ts';

const constant = (type: Type, value: Value): Compiled => ({ type, run: () => value });

/** Turn a node into a function, checking names and types on the way: a condition is checked once and run often. */
function compileNode(compiler: Compiler, node: Node): Compiled {
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
      return compileName(compiler, node);
    case 'call':
      return compileCall(compiler, node);
    case 'member':
      return compileMember(compiler, node);
    case 'index':
      return compileIndex(compiler, node);
    case 'unary':
      return compileUnary(compiler, node);
    case 'binary':
      return compileBinary(compiler, node);
  }
}

/** Checked forms by expression and scope. */
const known = new WeakMap<Expression, WeakMap<Scope, Compiled>>();

/**
 * Check an expression against the names it may use. The result is kept for this expression and this scope.
 * @throws ExpressionError expression/name, expression/type
 */
export function compileExpression(expression: Expression, scope: Scope): Compiled {
  const forms = known.get(expression) ?? new WeakMap<Scope, Compiled>();
  known.set(expression, forms);
  const before = forms.get(scope);
  if (before) return before;
  const compiler: Compiler = { scope, fail: failIn(expression.text), compile: (node) => compileNode(compiler, node) };
  const compiled = compiler.compile(expression.root);
  forms.set(scope, compiled);
  return compiled;
}

/** The type of an expression. @throws ExpressionError expression/name, expression/type */
export const checkExpression = (expression: Expression, scope: Scope): Type =>
  compileExpression(expression, scope).type;

/**
 * The value of an expression now.
 * @throws ExpressionError as {@link checkExpression}; expression/type too for a division by zero, an element beyond the end
 *         of a list of fixed size, and a name of unknown type that turned out to be of the wrong one
 */
export const evaluate = (expression: Expression, scope: Scope, env: Environment): Value =>
  compileExpression(expression, scope).run(env);

/** Whether a condition holds. A number holds when it is not 0; no value never holds. */
export const holds = (expression: Expression, scope: Scope, env: Environment): boolean =>
  truth(evaluate(expression, scope, env));
