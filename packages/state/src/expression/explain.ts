import { partOf, sourceOf, type Expression, type Node } from './ast.ts';
import { compileExpression, holds } from './compile.ts';
import type { Environment, Scope } from './scope.ts';
import { formatValue, typeOf, type Type, type Value } from './values.ts';

/** Why a condition does not hold: the part that decides it, and what stands on both sides of a comparison. */
export interface Explanation {
  /** Source of the deciding part: of `a == 1 && b == 2` the half that fails. */
  readonly part: string;
  readonly left?: string;
  readonly right?: string;
  /** One sentence. */
  readonly text: string;
}

const comparisons = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** The innermost part that decides: of an &&, the first half that fails. */
function deciding(whole: Expression, node: Node, scope: Scope, env: Environment): Node {
  if (node.kind !== 'binary' || node.operator !== '&&') return node;
  const half = holds(partOf(whole, node.left), scope, env) ? node.right : node.left;
  return deciding(whole, half, scope, env);
}

/** Explain a condition that was just found not to hold. */
export function explainFailure(condition: Expression, scope: Scope, env: Environment): Explanation {
  const node = deciding(condition, condition.root, scope, env);
  const part = sourceOf(partOf(condition, node));
  const show = (inner: Node, beside?: Node): string => {
    const compiled = compileExpression(partOf(condition, inner), scope);
    return formatSide(compiled.run(env), compiled.type, beside);
  };
  if (node.kind !== 'binary' || !comparisons.has(node.operator)) {
    const text = `${part} is ${show(node)}.`;
    return { part, text };
  }
  const [left, right] = [show(node.left, node.right), show(node.right, node.left)];
  const source = (inner: Node): string => sourceOf(partOf(condition, inner));
  const subject = source(node.left) === left ? left : `${source(node.left)} is ${left}`;
  const object = source(node.right) === right ? right : `${right} (${source(node.right)})`;
  const verb = node.operator === '==' ? 'not' : `which is not ${node.operator}`;
  return { part, left, right, text: `${subject}, ${verb} ${object}.` };
}

/** A 0 that is compared with NULL is a pointer. */
function formatSide(value: Value, type: Type, beside: Node | undefined): string {
  if (beside?.kind === 'null' && value === 0n) return 'NULL';
  const known = type.kind === 'any' ? typeOf(value) : type;
  return formatValue(value, known);
}
