import type { KernelProfile } from '@kwind/x86';
import type { Environment, Expression, Scope, Type, Value } from '@kwind/state';
import type { KernelContext } from '../../../context.ts';
import type { KernelFunction } from '../../../function.ts';
import type { Statement, StatementOf, Trouble, Word } from '../ast.ts';
import type { Place, ScriptErrorCode } from '../errors.ts';
import type { MachineShelf } from '../machine/shelf.ts';
import type { Cursor } from '../tokenize.ts';

/** What a statement may ask for while it is read. */
export interface Reading {
  readonly cursor: Cursor;
  /** Machines known so far. */
  readonly machines: MachineShelf;
  /** Statements in braces. */
  block(): readonly Statement[];
}

/** What a statement may ask for while it is checked, before anything runs. */
export interface Checking {
  readonly profile: KernelProfile;
  /** Names known here: of the machine, of the kernel, and those set above. */
  readonly scope: Scope;
  readonly functions: ReadonlyMap<string, KernelFunction>;
  fail(code: ScriptErrorCode, place: Place, what: string, hint?: string): never;
  typeOf(expression: Expression, place: Place): Type;
  /** A name gets a value of this type. */
  define(name: Word, type: Type): void;
  block(statements: readonly Statement[], counter?: Word): void;
}

/** A BUG, WARN or fault that a call raised. */
export interface Raised {
  readonly trouble: Trouble;
  /** Kernel function, or '' for a fault. */
  readonly fn: string;
  readonly message: string;
  /** A line that early_ioremap_debug asked for: a WARN in form only. */
  readonly debug: boolean;
}

/** How an expectation went. */
export interface Outcome {
  readonly ok: boolean;
  /** Both sides of the comparison that failed. */
  readonly left?: string;
  readonly right?: string;
  /** One sentence; '' when it held. */
  readonly detail: string;
}

/** What a statement may do when it runs. */
export interface Running {
  readonly ctx: KernelContext;
  readonly scope: Scope;
  readonly env: Environment;
  readonly functions: ReadonlyMap<string, KernelFunction>;
  /** Run `body` as one kernel call that was made from this statement. */
  kernelCall<T>(name: string, callers: readonly string[], body: () => T): T;
  evaluate(expression: Expression, place: Place): Value;
  number(expression: Expression, place: Place): bigint;
  assign(name: string, value: Value): void;
  report(place: Place, text: string, outcome: Outcome): void;
  /** What the last kernel call raised, and which one that was. */
  readonly lastCall: { readonly name: string; readonly raised: readonly Raised[] };
  /** The script goes on although the kernel hit a BUG. */
  acceptBug(): void;
  /** False when the run has ended in there. */
  block(statements: readonly Statement[]): boolean;
}

/** One kind of statement: all that the language knows of it. A new kind is a new value of this type in the table. */
export interface StatementSpec<K extends Statement['kind']> {
  readonly kind: K;
  /** First word of the statement; a kind without one is told apart by the parser. */
  readonly keyword?: string;
  readonly usage: string;
  /** One sentence. */
  readonly doc: string;
  readonly example: string;
  read?(reading: Reading, place: Place): Statement;
  print(statement: StatementOf<K>, block: (body: readonly Statement[]) => string): string;
  check?(statement: StatementOf<K>, checking: Checking): void;
  /** @returns false when the run has ended */
  run?(statement: StatementOf<K>, running: Running): boolean | void;
}

export type AnyStatementSpec = { readonly [K in Statement['kind']]: StatementSpec<K> }[Statement['kind']];
