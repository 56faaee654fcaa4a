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

/** How many facts one statement may make. */
export interface FactLimits {
  readonly call: number;
  /** A whole boot, above all. */
  readonly other: number;
}

/**
 * A call with 2^44 bytes goes through them a page at a time, as the kernel would, and nobody waits for that: 2^24 pages of
 * 4 KiB are 64 GiB, half a minute of recording. The whole boot of a machine with 64 TiB makes twice as many.
 */
const factLimits: FactLimits = { call: 1 << 24, other: 1 << 26 };

const limitOf = (kind: Statement['kind']): keyof FactLimits => (kind === 'call' ? 'call' : 'other');

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
  readonly #limits: FactLimits;
  #kind: Statement['kind'] = 'boot';
  /** Facts that the statement at hand may still make. */
  #factsLeft = 0;

  constructor(ctx: KernelContext, { scope, functions }: CheckedScript, limits: FactLimits) {
    this.#limits = limits;
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
    if (this.#factsLeft-- === 0 && this.#place) this.#refuseFacts(this.#place);
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

  /** Once only: the brackets of the calls that this leaves record their ends. */
  #refuseFacts(place: Place): never {
    const most = this.#limits[limitOf(this.#kind)].toLocaleString('en-US');
    const what =
      this.#kind === 'call'
        ? `this call goes on beyond ${most} events, the most that one call of a script may record.`
        : `this records more than ${most} events, the most that one statement may.`;
    const hint =
      'It goes through memory a page at a time, as the kernel would: 64 GiB of 4 KiB pages are that many. Give a smaller range.';
    throw new ScriptError('script/type', place, what, hint);
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

  /** What the model refuses to simulate was asked for by a line of the script; a fault of our own, or of the disk that it is recorded to, stays as it is. */
  #placed(error: unknown): unknown {
    const ours =
      !(error instanceof ToolError) ||
      error instanceof ScriptError ||
      /^(?:internal|state|trace|io)\//.test(error.code);
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
      this.#begin(one);
      if (specOf(one.kind).run?.(one as never, this) === false) return false;
    }
    return true;
  }

  #begin({ place, kind }: Statement): void {
    this.#place = place;
    this.#kind = kind;
    this.#factsLeft = this.#limits[limitOf(kind)];
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
 *         values it met, such as a division by zero, and for a statement that would record without end
 */
export function runScript(
  ctx: KernelContext,
  script: Script,
  functions: readonly KernelFunction[],
  limits: FactLimits = factLimits,
): ScriptResult {
  const run = new Run(ctx, checkScript(script, ctx.profile, functions), limits);
  run.block(script.statements);
  return run.result();
}
