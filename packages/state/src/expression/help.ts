import { reservedWords } from './parse.ts';
import type { Declaration, Scope } from './scope.ts';
import { typeName, type Type } from './values.ts';

/** A name as help lists it. */
export interface NameHelp {
  readonly name: string;
  /** How it is written: `walk(va)`, `tlb[va]`, `slots_in_use`. */
  readonly usage: string;
  readonly group: string;
  readonly type: string;
  readonly doc: string;
  readonly fields: readonly { readonly name: string; readonly type: string; readonly doc: string }[];
}

function usageOf({ name, params, type }: Declaration): string {
  if (params) return `${name}(${params.map((param) => param.name).join(', ')})`;
  return type.kind === 'list' ? `${name}[${type.key}]` : name;
}

function fieldsOf(type: Type): NameHelp['fields'] {
  if (type.kind === 'list') return fieldsOf(type.of);
  if (type.kind !== 'record') return [];
  return Object.entries(type.fields).map(([name, field]) => ({ name, type: typeName(field.type), doc: field.doc }));
}

/** Every name of a scope with its meaning, in the order of declaration. */
export function expressionHelp(scope: Scope): readonly NameHelp[] {
  return scope.names().map((name) => {
    const found = scope.find(name)!;
    return {
      name,
      usage: usageOf(found),
      group: found.group,
      type: typeName(found.type),
      doc: found.doc,
      fields: fieldsOf(found.type),
    };
  });
}

/**
 * What may stand where a value is expected, for completion: names, and the words of the language.
 * After `walk(x).` and `slots[3].` the fields of that name, as `walk(x).phys`.
 */
export function expressionNames(scope: Scope, text = ''): readonly string[] {
  const path = /(?<path>(?<name>[A-Za-z_$]\w*)(?:\([^()]*\)|\[[^[\]]*\])?\.)(?<part>\w*)$/.exec(text)?.groups;
  if (!path) return [...scope.names(), ...reservedWords];
  const found = scope.find(path['name']!);
  return found ? fieldsOf(found.type).map(({ name }) => `${path['path']!}${name}`) : [];
}
