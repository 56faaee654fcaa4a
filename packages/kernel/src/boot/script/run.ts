import { ToolError } from '@kwind/x86';
import type { BootEvent } from '@kwind/events';
import { evaluate, type CallFrame, type Environment, type Expression, type Scope, type Value } from '@kwind/state';
import { noSite, type CallSite, type KernelContext } from '../../context.ts';
import type { KernelFunction } from '../../function.ts';
import type { Script, Statement } from './ast.ts';
import { checkScript, type CheckedScript } from './check.ts';
import { inScript, originOf, ScriptError, type Place } from './errors.ts';
import { specOf } from './statements/index.ts';
import type { Outcome, Raised, Running } from './statements/spec.ts';

/** How one `expect` of a script went, over all rounds it was in. */
export interface Expectation extends Outcome {
  /** `boot.kws:12`. */
  readonly origin: string;
  readonly text: string;
  /** How often it was asked; what is shown is the first failure. */
  readonly times: number;
}

/** Where the kernel stopped. */
export interface ScriptStop {
  readonly kind: 'bug';
  readonly origin: string;
  readonly line: number;
  /** Kernel function that hit the BUG. */
  readonly fn: string;
  readonly message: string;
}

export interface ScriptResult {
  /** Every expectation held and nothing stopped the run. */
  readonly ok: boolean;
  readonly expectations: readonly Expectation[];
  /** Last value of each name. */
  readonly names: ReadonlyMap<string, Value>;
  /** Present when a BUG that the script did not expect ended the run. */
  readonly stoppedBy?: ScriptStop;
  /** Kernel calls that statements made; the calls which those made in turn do not count. */
  readonly callsMade: number;
}

/** The machine as kernel functions see it while a script runs: it notes what they raise and says where they are called from. */
function watched(ctx: KernelContext, raised: (event: BootEvent) => void, takeSite: () => CallSite): KernelContext {
  return {
    profile: ctx.profile,
    get view() {
      return ctx.view;
    },
    emit(event) {
      raised(event);
      return ctx.emit(event);
    },
    takeSite,
  };
}

class Run implements Running {
  readonly ctx: KernelContext;
  readonly env: Environment;
  readonly scope: Scope;
  readonly functions: ReadonlyMap<string, KernelFunction>;
  readonly #values = new Map<string, Value>();
  readonly #expectations = new Map<string, Expectation>();
  /** Call that is open around the whole run: a script may start in the middle of one. */
  readonly #around: CallFrame | null;
  #place: Place | undefined;
  #site: CallSite = noSite;
  #lastCall: { name: string; raised: Raised[] } = { name: '', raised: [] };
  #bug: ScriptStop | undefined;
  #callsMade = 0;

  constructor(ctx: KernelContext, { scope, functions }: CheckedScript) {
    this.#around = ctx.view.calls;
    const note = (event: BootEvent): void => this.#note(event);
    // Only calls of the script's own have its site; what they call in turn is the kernel's doing.
    this.ctx = watched(ctx, note, () => (ctx.view.calls === this.#around ? this.#site : noSite));
    this.env = {
      get view() {
        return ctx.view;
      },
      locals: this.#values,
    };
    this.scope = scope;
    this.functions = functions;
  }

  get lastCall(): Running['lastCall'] {
    return this.#lastCall;
  }

  #note(event: BootEvent): void {
    if (event.type === 'fault.raised')
      this.#lastCall.raised.push({ trouble: 'fault', fn: '', message: event.reason, debug: false });
    if (event.type !== 'warn.raised' && event.type !== 'bug.raised') return;
    const trouble = event.type === 'warn.raised' ? 'warn' : 'bug';
    const debug = event.type === 'warn.raised' && event.debug;
    this.#lastCall.raised.push({ trouble, fn: event.fn, message: event.message, debug });
    if (trouble === 'bug' && this.#place) {
      const { line } = this.#place;
      this.#bug ??= { kind: 'bug', origin: originOf(this.#place), line, fn: event.fn, message: event.message };
    }
  }

  kernelCall<T>(name: string, callers: readonly string[], body: () => T): T {
    this.#callsMade++;
    this.#lastCall = { name, raised: [] };
    const [caller = '', ...further] = callers;
    this.#site = { caller, stack: further.join(' '), origin: this.#place ? originOf(this.#place) : '' };
    try {
      return body();
    } catch (error) {
      throw this.#placed(error);
    } finally {
      this.#site = noSite;
    }
  }

  /** What the model refuses to simulate was asked for by a line of the script; a fault of our own stays as it is. */
  #placed(error: unknown): unknown {
    const ours =
      !(error instanceof ToolError) || error instanceof ScriptError || /^(?:internal|state)\//.test(error.code);
    if (ours || !this.#place) return error;
    return new ScriptError('script/type', this.#place, error.message, error.hint, { cause: error });
  }

  evaluate(expression: Expression, place: Place): Value {
    return inScript(place, () => evaluate(expression, this.scope, this.env));
  }

  number(expression: Expression, place: Place): bigint {
    const value = this.evaluate(expression, place);
    return typeof value === 'bigint' ? value : value === true ? 1n : 0n;
  }

  assign(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  report(place: Place, text: string, outcome: Outcome): void {
    const key = `${place.line}:${place.column}`;
    const before = this.#expectations.get(key);
    const shown = before && !before.ok ? before : outcome;
    this.#expectations.set(key, { ...shown, origin: originOf(place), text, times: (before?.times ?? 0) + 1 });
  }

  acceptBug(): void {
    this.#bug = undefined;
  }

  block(statements: readonly Statement[]): boolean {
    for (const one of statements) {
      const expectsBug = one.kind === 'expect-trouble' && one.trouble === 'bug';
      if (this.#bug && !expectsBug) return false;
      this.#place = one.place;
      if (specOf(one.kind).run?.(one as never, this) === false) return false;
    }
    return true;
  }

  result(): ScriptResult {
    const expectations = [...this.#expectations.values()];
    return {
      ok: !this.#bug && expectations.every((one) => one.ok),
      expectations,
      names: this.#values,
      callsMade: this.#callsMade,
      ...(this.#bug && { stoppedBy: this.#bug }),
    };
  }
}

/**
 * Check a script and run it. A failed expectation is noted and the run goes on; a BUG ends it.
 *
 * @param functions the kernel functions that a script may call
 * @throws ScriptError before anything ran, for a name or an argument; later only for an expression that fails on the
 *         values it met, such as a division by zero
 */
export function runScript(ctx: KernelContext, script: Script, functions: readonly KernelFunction[]): ScriptResult {
  const run = new Run(ctx, checkScript(script, ctx.profile, functions));
  run.block(script.statements);
  return run.result();
}
