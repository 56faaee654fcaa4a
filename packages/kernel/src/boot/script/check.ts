import type { KernelProfile } from '@kwind/x86';
import {
  anyType,
  checkExpression,
  localName,
  numberType,
  typeName,
  type Expression,
  type Scope,
  type Type,
} from '@kwind/state';
import type { KernelFunction } from '../../function.ts';
import type { Script, Statement, Word } from './ast.ts';
import { inScript, originOf, ScriptError, type Place, type ScriptErrorCode } from './errors.ts';
import { kernelScope } from './scope.ts';
import { keywords, specOf } from './statements/index.ts';
import type { Checking } from './statements/spec.ts';

/** A script that may run on one kernel. */
export interface CheckedScript {
  readonly script: Script;
  readonly scope: Scope;
  readonly functions: ReadonlyMap<string, KernelFunction>;
}

interface Local {
  readonly type: Type;
  readonly place: Place;
}

/** Goes through a script as it will run and knows, at each place, which names have a value and of what type. */
class Checker implements Checking {
  readonly profile: KernelProfile;
  readonly functions: ReadonlyMap<string, KernelFunction>;
  readonly scope: Scope;
  /** Names set so far, one map for each open block. */
  readonly #frames: Map<string, Local>[] = [new Map()];
  /** Names of blocks that are closed, for the hint. */
  readonly #gone = new Map<string, Local>();

  constructor(profile: KernelProfile, functions: readonly KernelFunction[]) {
    this.profile = profile;
    this.functions = new Map(functions.map((fn) => [fn.name, fn]));
    const outer = kernelScope(profile);
    this.scope = {
      find: (name) => {
        const local = this.#find(name);
        return local ? localName(name, local.type, `Set at ${originOf(local.place)}.`) : outer.find(name);
      },
      names: () => [...this.#frames.flatMap((frame) => [...frame.keys()]), ...outer.names()],
    };
  }

  #find(name: string): Local | undefined {
    return this.#frames.findLast((frame) => frame.has(name))?.get(name);
  }

  fail = (code: ScriptErrorCode, place: Place, what: string, hint?: string): never => {
    throw new ScriptError(code, place, what, hint);
  };

  typeOf(expression: Expression, place: Place): Type {
    return inScript(place, () => {
      try {
        return checkExpression(expression, this.scope);
      } catch (error) {
        throw this.#betterHint(error, place);
      }
    });
  }

  /** A kernel call inside an expression, or a name of a block that is closed, deserves a better hint than a spelling. */
  #betterHint(error: unknown, place: Place): unknown {
    const name = /^there is no "(\w+)"\.$/.exec((error as { what?: string }).what ?? '')?.[1];
    if (name === undefined) return error;
    const at = { ...place, column: (error as { column: number }).column };
    if (this.functions.has(name)) {
      return new ScriptError(
        'script/name',
        at,
        `${name}() is a kernel call, which cannot stand inside an expression.`,
        `Give it a line of its own: x = ${name}(…).`,
      );
    }
    const gone = this.#gone.get(name);
    if (!gone) return error;
    return new ScriptError(
      'script/name',
      at,
      `there is no "${name}" any more: it was set inside a block.`,
      `Give it a value before line ${gone.place.line}'s block to keep it.`,
    );
  }

  define({ text, place }: Word, type: Type): void {
    if (keywords.includes(text))
      this.fail('script/name', place, `${text} is a word of the language.`, 'Choose another name.');
    const known = this.#find(text);
    const taken = known ? undefined : this.scope.find(text);
    if (taken) this.fail('script/name', place, `${text} has a meaning already: ${taken.doc}`, 'Choose another name.');
    if (known && known.type.kind !== type.kind) {
      this.fail(
        'script/type',
        place,
        `${text} is ${typeName(known.type)} since line ${known.place.line}, this would make it ${typeName(type)}.`,
        'Choose another name.',
      );
    }
    if (!known) this.#frames.at(-1)!.set(text, { type, place });
  }

  block(statements: readonly Statement[], counter?: Word): void {
    this.#frames.push(new Map());
    if (counter) this.define(counter, numberType);
    this.statements(statements);
    for (const [name, local] of this.#frames.pop()!) this.#gone.set(name, local);
  }

  statements(statements: readonly Statement[]): void {
    for (const one of statements) specOf(one.kind).check?.(one as never, this);
  }

  /** From here on every name that the script sets anywhere is known, so that parts of its expressions can be looked at. */
  open(): void {
    for (const [name, local] of this.#gone) {
      const known = this.#frames[0]!.get(name);
      const type = known && known.type.kind !== local.type.kind ? anyType : (known ?? local).type;
      this.#frames[0]!.set(name, { ...local, type });
    }
  }
}

/**
 * Check a whole script against a kernel, before anything runs: every name, every argument, every type.
 * @throws ScriptError script/name, script/type with place and nearest spelling
 */
export function checkScript(
  script: Script,
  profile: KernelProfile,
  functions: readonly KernelFunction[],
): CheckedScript {
  const checker = new Checker(profile, functions);
  checker.statements(script.statements);
  checker.open();
  return { script, scope: checker.scope, functions: checker.functions };
}
