import { ToolError } from '@kwind/x86';
import {
  compileExpression,
  isList,
  parseExpression,
  type Environment,
  type Scope,
  type Type,
  type Value,
} from '@kwind/state';
import type { DebugValue } from './protocol.ts';

const MOST_ITEMS = 64;
/** Records within records within records say nothing that a narrower question would not say better. */
const DEEPEST = 2;

/** A value of the expression language as plain data. */
export function debugValue(value: Value, type: Type, depth = 0): DebugValue {
  if (value === null) return { kind: 'none' };
  if (typeof value === 'bigint') return { kind: 'number', value, show: type.kind === 'number' ? type.show : 'hex' };
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  if (typeof value === 'string') return { kind: 'text', value };
  if (isList(value)) {
    const items = value.items();
    const shown = items.slice(0, MOST_ITEMS).map((item) => debugValue(item, value.type.of, depth + 1));
    return { kind: 'list', items: shown, leftOut: items.length - shown.length };
  }
  const fields = Object.entries(value.type.fields)
    .filter(([, field]) => depth < DEEPEST || (field.type.kind !== 'record' && field.type.kind !== 'list'))
    .map(([name, field]) => ({ name, value: debugValue(field.get(value.subject as never), field.type, depth + 1) }));
  return { kind: 'record', name: value.type.name, fields };
}

/** @throws ToolError expression/* with the column */
export function evaluateText(text: string, scope: Scope, env: Environment): DebugValue {
  const { type, run } = compileExpression(parseExpression(text), scope);
  return debugValue(run(env), type);
}

/** As {@link evaluateText}, but a refusal is a value: for displays, which must not stop a stop. */
export function tryEvaluate(text: string, scope: Scope, env: Environment): DebugValue {
  try {
    return evaluateText(text, scope, env);
  } catch (error) {
    if (error instanceof ToolError) return { kind: 'error', message: error.message };
    throw error;
  }
}
