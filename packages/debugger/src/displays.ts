import { compileExpression, parseExpression, type Environment, type Scope } from '@kwind/state';
import { ToolError } from '@kwind/x86';
import type { Displayed } from './protocol.ts';
import { tryEvaluate } from './values.ts';

/** Expressions that are printed at every stop. */
export class Displays {
  #next = 1;
  #kept: readonly { readonly number: number; readonly expression: string }[] = [];

  /** @throws ToolError expression/* */
  add(expression: string, scope: Scope): number {
    compileExpression(parseExpression(expression), scope);
    this.#kept = [...this.#kept, { number: this.#next, expression }];
    return this.#next++;
  }

  /** @throws ToolError command/usage for a number there is not */
  remove(numbers: readonly number[]): void {
    const missing = numbers.find((number) => !this.#kept.some((one) => one.number === number));
    if (missing !== undefined)
      throw new ToolError('command/usage', `there is no display ${missing}.`, 'info displays lists them.');
    this.#kept = numbers.length === 0 ? [] : this.#kept.filter((one) => !numbers.includes(one.number));
  }

  evaluate(scope: Scope, env: Environment): readonly Displayed[] {
    return this.#kept.map((one) => ({ ...one, value: tryEvaluate(one.expression, scope, env) }));
  }
}
