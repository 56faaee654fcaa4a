import type { Expression } from '@kwind/state';
import type { Machine } from '../machine.ts';
import type { Place } from './errors.ts';
import type { MachineLine } from './machine/args.ts';

/** A name as it was written. */
export interface Word {
  readonly text: string;
  readonly place: Place;
}

interface Base {
  readonly place: Place;
}

export interface ProfileStatement extends Base {
  readonly kind: 'profile';
  readonly name: string;
  /** `key=value`, as written. */
  readonly options: readonly string[];
}

export interface BootStatement extends Base {
  readonly kind: 'boot';
  /** The machine of a whole boot; without it the boot ends at the first early mapping. */
  readonly full?: { readonly name?: Word; readonly machine: Machine };
}

/** A machine is described, or chosen for the boots below. */
export interface MachineStatement extends Base {
  readonly kind: 'machine';
  readonly name: Word;
  /** The one it is described on top of. */
  readonly like?: Word;
  readonly lines?: readonly MachineLine[];
}

/** `f(…)` or `name = f(…)`: a kernel call, or a question to the machine when no kernel function has the name. */
export interface CallStatement extends Base {
  readonly kind: 'call';
  readonly target?: Word;
  /** Its root is a call. */
  readonly value: Expression;
  /** Return addresses, nearest first. */
  readonly callers: readonly string[];
}

export interface AssignStatement extends Base {
  readonly kind: 'assign';
  readonly target: Word;
  readonly value: Expression;
}

export interface ExpectStatement extends Base {
  readonly kind: 'expect';
  readonly condition: Expression;
  readonly message: string;
}

export type Trouble = 'warn' | 'bug' | 'fault';

export interface ExpectTroubleStatement extends Base {
  readonly kind: 'expect-trouble';
  readonly trouble: Trouble;
  /** Part of the message that must have been raised; '' for any. */
  readonly text: string;
}

export interface PhaseStatement extends Base {
  readonly kind: 'phase';
  readonly name: string;
}

export interface ParamStatement extends Base {
  readonly kind: 'param';
  readonly name: Word;
}

export interface SetStatement extends Base {
  readonly kind: 'set';
  readonly name: Word;
  readonly value: Expression;
}

export interface RepeatStatement extends Base {
  readonly kind: 'repeat';
  /** Counts from `from` up to, not including, `to`. */
  readonly counter?: Word;
  readonly from?: Expression;
  readonly to: Expression;
  readonly body: readonly Statement[];
}

export type Statement =
  | ProfileStatement
  | BootStatement
  | MachineStatement
  | CallStatement
  | AssignStatement
  | ExpectStatement
  | ExpectTroubleStatement
  | PhaseStatement
  | ParamStatement
  | SetStatement
  | RepeatStatement;

export type StatementOf<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** A parsed script. Names are checked when it is known which kernel it will run on. */
export interface Script {
  readonly file: string;
  readonly statements: readonly Statement[];
}
