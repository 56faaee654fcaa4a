import { ToolError } from '@kwind/x86';
import type { MachineView } from '@kwind/state';
import type { Core } from '../core.ts';
import type { DebugValue } from '../protocol.ts';
import { checkedExpression } from '../stops/condition.ts';
import { debugValue } from '../values.ts';
import type { Target } from './target.ts';

/**
 * The value of an expression that reads the machine: `slots_in_use`, `slots[3].prev_map`. Undefined for one that reads
 * nothing, which is an address.
 * @throws ToolError expression/* with the column; command/usage for one that asks about the event at hand
 */
export function expressionTarget(text: string, core: Core): Target | undefined {
  const { isConstant, usesEvent, sources, compiled } = checkedExpression(text, core);
  if (isConstant) return undefined;
  if (usesEvent) {
    const hint = `break if ${text} stops at the events it holds for.`;
    throw new ToolError('command/usage', `"${text}" asks about an event; it has no value between events.`, hint);
  }
  const valueAt = (view: MachineView): DebugValue => debugValue(compiled.run({ view }), compiled.type);
  return {
    title: text,
    follows: false,
    changes: () => ({
      ...(sources && { sources }),
      test: ({ before, after }) => !sameDebugValue(valueAt(before), valueAt(after)),
    }),
    value: (_timeline, { state }) => ({ kind: 'value', value: valueAt(state) }),
  };
}

export function sameDebugValue(a: DebugValue, b: DebugValue): boolean {
  if (a.kind === 'record' && b.kind === 'record') {
    return a.fields.every((field, i) => sameDebugValue(field.value, b.fields[i]!.value));
  }
  if (a.kind === 'list' && b.kind === 'list') {
    const isSameSize = a.items.length === b.items.length && a.leftOut === b.leftOut;
    return isSameSize && a.items.every((item, i) => sameDebugValue(item, b.items[i]!));
  }
  if (a.kind === 'error' && b.kind === 'error') return a.message === b.message;
  return a.kind === b.kind && ('value' in a ? a.value : null) === ('value' in b ? b.value : null);
}
