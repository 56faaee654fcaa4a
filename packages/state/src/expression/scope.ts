import type { EventView } from '@kwind/events';
import type { MachineView } from '../machine.ts';
import { addressType, numberType, type Type, type Value } from './values.ts';

/** What an expression is evaluated against. */
export interface Environment {
  readonly view: MachineView;
  /** The event at hand; without one, its fields have no value. */
  readonly event?: EventView;
  /** Values of the caller's own names: script variables, convenience variables. */
  readonly locals?: ReadonlyMap<string, Value>;
}

export interface ParameterDeclaration {
  readonly name: string;
  readonly type: Type;
}

/** One name of the language: what it means, its type, and how its value is found. Help and completion come from it too. */
export interface Declaration {
  readonly name: string;
  /** One sentence, shown by help. */
  readonly doc: string;
  /** Heading under which help lists it. */
  readonly group: string;
  readonly type: Type;
  /** Present for a function; its arguments then have been checked, and none is null. */
  readonly params?: readonly ParameterDeclaration[];
  get(env: Environment, args: readonly Value[]): Value;
}

/** The names that an expression may use, with what is known of them before anything runs. */
export interface Scope {
  find(name: string): Declaration | undefined;
  names(): readonly string[];
}

/** A scope of these declarations, and of those of `outer` that they do not hide. */
export function makeScope(declarations: readonly Declaration[], outer?: Scope): Scope {
  const own = new Map(declarations.map((declaration) => [declaration.name, declaration]));
  return {
    find: (name) => own.get(name) ?? outer?.find(name),
    names: () => [...new Set([...own.keys(), ...(outer?.names() ?? [])])],
  };
}

/** A name whose value the caller passes in {@link Environment.locals}; a name that is missing there has no value. */
export const localName = (name: string, type: Type, doc: string, group = 'variables'): Declaration => ({
  name,
  doc,
  group,
  type,
  get: (env) => env.locals?.get(name) ?? null,
});

/** A number that never changes: a constant of the kernel. Small ones count or number something, large ones are places or bits. */
export const constantName = (
  name: string,
  value: bigint,
  doc = 'Constant of the kernel.',
  group = 'constants',
): Declaration => ({
  name,
  doc,
  group,
  type: value < 0x1000n ? numberType : addressType,
  get: () => value,
});
