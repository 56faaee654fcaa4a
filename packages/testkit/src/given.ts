import type { KernelProfile } from '@kwind/x86';
import { toEvent, type BootEvent, type EventBatch } from '@kwind/events';
import { boot } from '@kwind/kernel';
import { LiveMachine } from '@kwind/recorder';
import type { MachineState } from '@kwind/state';
import { factFits, factText, isBracket } from './facts.ts';
import { fail } from './failure.ts';
import { drawTables, undrawn } from './table-drawing.ts';

/** Tests write addresses as plain numbers. */
type Plain<R> = R extends bigint ? bigint : R;

type Step<R> = (k: LiveMachine) => R;

/** A machine for a test: what it is before the step that the test is about. */
export class Given {
  readonly #machine: LiveMachine;
  readonly #batches: EventBatch[] = [];

  constructor(start: KernelProfile | MachineState) {
    this.#machine = new LiveMachine(start, (batch) => this.#batches.push(batch));
  }

  /** Booted up to and with early_ioremap_init(). */
  booted(): this {
    return this.with(boot);
  }

  /** Anything else that happened before; its facts are not looked at. */
  with(step: Step<unknown>): this {
    step(this.#machine);
    return this;
  }

  /** The step that the test is about. Facts of further steps count on their own. */
  when<R>(step: Step<R>): Then<R> {
    this.#machine.flush();
    const from = this.#batches.length;
    const result = step(this.#machine);
    this.#machine.flush();
    const state = this.#machine.snapshot();
    const facts = this.#batches.slice(from).flatMap((batch) => [...batch].map(toEvent));
    return new Then(this, result, state, facts);
  }

  /** Everything recorded so far. */
  get batches(): readonly EventBatch[] {
    this.#machine.flush();
    return [...this.#batches];
  }
}

/** What came of a step, and what a test says about it. Each `then…` throws with both sides, or hands itself on. */
export class Then<R> {
  readonly result: R;
  readonly state: MachineState;
  /** All facts of the step, brackets included. */
  readonly facts: readonly BootEvent[];
  readonly #given: Given;

  constructor(given: Given, result: R, state: MachineState, facts: readonly BootEvent[]) {
    this.#given = given;
    this.result = result;
    this.state = state;
    this.facts = facts;
  }

  /** The facts as lines; call brackets only if asked for. */
  lines(withBrackets = false): readonly string[] {
    return this.facts.filter((fact) => withBrackets || !isBracket(fact)).map((fact) => factText(fact, this.state));
  }

  /** Exactly these facts in this order. A line names a fact by its first words; brackets count if any line names one. */
  thenFacts(...expected: readonly string[]): this {
    const lines = this.lines(expected.some((line) => line.startsWith('call.')));
    const fits = lines.length === expected.length && expected.every((line, i) => factFits(lines[i]!, line));
    if (!fits)
      fail(`the facts are\n  ${lines.join('\n  ') || '(none)'}\nbut should be\n  ${expected.join('\n  ') || '(none)'}`);
    return this;
  }

  /** Somewhere among the facts, in this order. */
  thenAmongFacts(...expected: readonly string[]): this {
    const lines = this.lines(true);
    let at = 0;
    for (const line of expected) {
      const found = lines.findIndex((text, i) => i >= at && factFits(text, line));
      if (found < 0) fail(`no fact "${line}" from fact ${at} on, in\n  ${lines.join('\n  ')}`);
      at = found + 1;
    }
    return this;
  }

  /** No fact that begins with these words. */
  thenNoFact(unwanted: string): this {
    const found = this.lines(true).find((line) => factFits(line, unwanted));
    if (found !== undefined) fail(`there should be no fact "${unwanted}", but there is "${found}"`);
    return this;
  }

  /** The result is this value, or passes this check. */
  thenReturns(expected: Plain<R> | ((result: R) => boolean)): this {
    const fits =
      typeof expected === 'function'
        ? (expected as (result: R) => boolean)(this.result)
        : Object.is(this.result, expected);
    if (!fits)
      fail(
        `the result is ${show(this.result)}${typeof expected === 'function' ? ', which the test refuses' : `, but should be ${show(expected)}`}`,
      );
    return this;
  }

  /** The machine afterwards passes this check, which may also assert by itself. */
  thenState(check: (state: MachineState) => boolean | void): this {
    if (check(this.state) === false) fail('the machine afterwards is not as the test says');
    return this;
  }

  /** The tables below the root, drawn; see {@link drawTables}. With `within` only branches over that range. */
  thenTables(drawing: string, within?: readonly [bigint, bigint]): this {
    const [found, wanted] = [drawTables(this.state, within), drawing].map(undrawn);
    if (found !== wanted) fail(`the tables are\n${found}\nbut should be\n${wanted}`);
    return this;
  }

  /** Go on from here: another step with facts of its own. */
  when<S>(step: Step<S>): Then<S> {
    return this.#given.when(step);
  }
}

const show = (value: unknown): string => (typeof value === 'bigint' ? `0x${value.toString(16)}` : String(value));

/** Start a test from a kernel at power-on, or from a state. */
export const given = (start: KernelProfile | MachineState): Given => new Given(start);
