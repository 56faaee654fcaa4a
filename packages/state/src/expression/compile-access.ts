import { didYouMean } from '@kwind/x86';
import type { Node, NodeOf } from './ast.ts';
import { failType, numberAt, partHint, type Compiled, type Compiler } from './compiled.ts';
import type { Declaration, Environment, ParameterDeclaration } from './scope.ts';
import {
  anyType,
  isList,
  isRecord,
  numberType,
  typeName,
  typeOf,
  type Field,
  type ListType,
  type RecordType,
  type Type,
  type Value,
} from './values.ts';

function findName({ scope, fail }: Compiler, name: string, at: number): Declaration {
  const found = scope.find(name);
  if (found) return found;
  return fail('expression/name', at, `there is no "${name}".`, nameHint(name, scope.names()));
}

/** Names of one or two letters resemble everything, and names much longer than any in use resemble nothing. */
const MEANT = { shortest: 3, longest: 60 } as const;

function nameHint(name: string, names: readonly string[]): string {
  if (/^[0-9a-f]{5,16}$/i.test(name)) return `Did you mean 0x${name}?`;
  return name.length >= MEANT.shortest && name.length <= MEANT.longest ? didYouMean(name, names) : '';
}

const usageOf = (name: string, params: readonly ParameterDeclaration[]): string =>
  `${name}(${params.map((param) => param.name).join(', ')})`;

export function compileName(compiler: Compiler, node: NodeOf<'name'>): Compiled {
  const found = findName(compiler, node.name, node.at);
  if (found.params)
    compiler.fail(
      'expression/type',
      node.at,
      `${node.name} is a function.`,
      `Write ${usageOf(node.name, found.params)}.`,
    );
  return { type: found.type, run: (env) => found.get(env, []) };
}

export function compileCall(compiler: Compiler, node: NodeOf<'call'>): Compiled {
  const found = findName(compiler, node.name, node.at);
  const { params } = found;
  if (!params) {
    const hint = found.type.kind === 'list' ? `Write ${node.name}[${found.type.key}].` : 'Leave the parentheses out.';
    return compiler.fail('expression/type', node.at, `${node.name} is no function.`, hint);
  }
  if (params.length !== node.args.length) {
    const wanted = `${params.length} ${params.length === 1 ? 'argument' : 'arguments'}`;
    const what = `${node.name}() takes ${wanted}, here are ${node.args.length}.`;
    compiler.fail('expression/type', node.at, what, `Write ${usageOf(node.name, params)}.`);
  }
  const args = node.args.map((arg, i) =>
    compileArgument(compiler, arg, params[i]!.type, `${params[i]!.name} of ${node.name}()`),
  );
  return {
    type: found.type,
    run: (env) => {
      const values = args.map((arg) => arg(env));
      return values.includes(null) ? null : found.get(env, values);
    },
  };
}

function compileArgument(compiler: Compiler, node: Node, wanted: Type, what: string): (env: Environment) => Value {
  if (wanted.kind === 'number') return numberAt(compiler, node, what);
  const code = compiler.compile(node);
  const check = (type: Type): void => {
    if (type.kind !== wanted.kind) failType(compiler.fail, node, type, wanted, what);
  };
  if (code.type.kind !== 'any') check(code.type);
  return (env) => {
    const value = code.run(env);
    if (value !== null) check(typeOf(value));
    return value;
  };
}

function fieldOf({ fail }: Compiler, type: RecordType, node: NodeOf<'member'>): Field {
  if (Object.hasOwn(type.fields, node.field)) return type.fields[node.field]!;
  const names = Object.keys(type.fields);
  const hint = nameHint(node.field, names) || `Its fields are ${names.join(', ')}.`;
  return fail('expression/name', node.at, `${typeName(type)} has no field "${node.field}".`, hint);
}

function readField(compiler: Compiler, value: Value, node: NodeOf<'member'>): Value {
  if (value === null) return null;
  if (isRecord(value)) return fieldOf(compiler, value.type, node).get(value.subject as never);
  if (isList(value)) return lengthOf(compiler, value, node);
  return noFields(compiler, typeOf(value), node);
}

const noFields = ({ fail }: Compiler, type: Type, node: NodeOf<'member'>): never =>
  fail('expression/type', node.at, `${typeName(type)} has no fields, so no "${node.field}".`);

function lengthOf(
  { fail }: Compiler,
  list: { readonly length: number; readonly type: ListType },
  node: NodeOf<'member'>,
): bigint {
  if (node.field === 'length') return BigInt(list.length);
  return fail('expression/type', node.at, `a list has no field "${node.field}", only length.`, partHint(list.type));
}

export function compileMember(compiler: Compiler, node: NodeOf<'member'>): Compiled {
  const of = compiler.compile(node.of);
  const run = (env: Environment): Value => readField(compiler, of.run(env), node);
  switch (of.type.kind) {
    case 'record':
      return { type: fieldOf(compiler, of.type, node).type, run };
    case 'list':
      lengthOf(compiler, { length: 0, type: of.type }, node);
      return { type: numberType, run };
    case 'any':
      return { type: anyType, run };
    default:
      return noFields(compiler, of.type, node);
  }
}

export function compileIndex(compiler: Compiler, node: NodeOf<'index'>): Compiled {
  const { type, run } = compiler.compile(node.of);
  if (type.kind !== 'list' && type.kind !== 'any') noElements(compiler, type, node);
  const index = numberAt(compiler, node.index, type.kind === 'list' ? `the ${type.key} in [ ]` : 'an index');
  return {
    type: type.kind === 'list' ? type.of : anyType,
    run: (env) => {
      const list = run(env);
      const key = index(env);
      return list === null || key === null ? null : elementOf(compiler, list, key, node);
    },
  };
}

const noElements = ({ fail }: Compiler, type: Type, node: NodeOf<'index'>): never =>
  fail('expression/type', node.at, `${typeName(type)} cannot be indexed.`, partHint(type));

function elementOf(compiler: Compiler, list: Value, key: bigint, node: NodeOf<'index'>): Value {
  if (!isList(list)) return noElements(compiler, typeOf(list), node);
  const { size, key: name } = list.type;
  if (size === undefined || key < size) return list.at(key);
  return compiler.fail('expression/type', node.at, `there is no ${name} ${key}, they go from 0 to ${size - 1}.`);
}
