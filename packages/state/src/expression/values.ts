import { hex } from '@kwind/x86';
import type { Show } from './ast.ts';

/**
 * What an expression can be: an unsigned 64-bit number, true or false, a text, a record with fields, a list.
 * `null` is "no value": the size of a page that is not mapped.
 */
export type Value = bigint | boolean | string | null | RecordValue | ListValue;

export type Type =
  | { readonly kind: 'number'; readonly show: Show }
  | { readonly kind: 'boolean' }
  /** `words`: all values there are, so that a comparison with another one is a spelling mistake. */
  | { readonly kind: 'string'; readonly words?: readonly string[] }
  | { readonly kind: 'null' }
  /** Known only when it is evaluated: a convenience variable of the debugger. */
  | { readonly kind: 'any' }
  | RecordType
  | ListType;

export interface Field<S = never> {
  readonly doc: string;
  readonly type: Type;
  get(subject: S): Value;
}

export interface RecordType {
  readonly kind: 'record';
  readonly name: string;
  readonly fields: Readonly<Record<string, Field>>;
}

export interface ListType {
  readonly kind: 'list';
  readonly of: Type;
  /** What stands in the brackets: `slot`, `va`. */
  readonly key: string;
  /** Number of elements where it never changes; a key beyond is an error then, not "no value". */
  readonly size?: number;
}

/** Its fields are read when they are asked for: `subject` is what they are read from, and it never changes. */
export interface RecordValue {
  readonly kind: 'record';
  readonly type: RecordType;
  readonly subject: unknown;
}

export interface ListValue {
  readonly kind: 'list';
  readonly type: ListType;
  readonly length: number;
  items(): readonly Value[];
  /** The element of a key; null when there is none. */
  at(key: bigint): Value;
}

export const numberType: Type = { kind: 'number', show: 'dec' };
export const addressType: Type = { kind: 'number', show: 'hex' };
export const booleanType: Type = { kind: 'boolean' };
export const stringType: Type = { kind: 'string' };
export const anyType: Type = { kind: 'any' };
export const nullType: Type = { kind: 'null' };
export const wordsType = (words: readonly string[]): Type => ({ kind: 'string', words });
export const listOf = (of: Type, key = 'index', size?: number): ListType => ({
  kind: 'list',
  of,
  key,
  ...(size !== undefined && { size }),
});

/** Declare a kind of record, with the subject's type checked in every getter. */
export function defineRecord<S>(
  name: string,
  fields: Readonly<Record<string, Field<S>>>,
): RecordType & { of(subject: S): RecordValue } {
  const type = { kind: 'record', name, fields: fields as Readonly<Record<string, Field>> } as const;
  return { ...type, of: (subject) => ({ kind: 'record', type, subject }) };
}

export const field = <S>(type: Type, doc: string, get: (subject: S) => Value): Field<S> => ({ type, doc, get });

/** A list over an array, keyed by position. */
export function listValue(type: ListType, values: readonly Value[]): ListValue {
  return { kind: 'list', type, length: values.length, items: () => values, at: (key) => values[Number(key)] ?? null };
}

export const isRecord = (value: Value): value is RecordValue => typeof value === 'object' && value?.kind === 'record';
export const isList = (value: Value): value is ListValue => typeof value === 'object' && value?.kind === 'list';

/** The kind of a type in words, for messages. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'NULL';
    case 'any':
      return 'a value';
    case 'number':
      return 'a number';
    case 'record':
      return `${/^[aeiou]/i.test(type.name) ? 'an' : 'a'} ${type.name}`;
    case 'list':
      return `a list of ${type.of.kind === 'record' ? `${type.of.name} records` : 'values'}`;
  }
}

/** The type that a value shows by itself. */
export function typeOf(value: Value): Type {
  if (value === null) return nullType;
  if (typeof value === 'object') return value.type;
  if (typeof value === 'bigint') return { kind: 'number', show: value < 10n ? 'dec' : 'hex' };
  return typeof value === 'boolean' ? booleanType : stringType;
}

const ITEMS_SHOWN = 32;

/**
 * A value as one line of text. Numbers are hex unless the type says that they count something; without a type, digits
 * below ten are left as they are. A record lists its fields.
 */
export function formatValue(value: Value, type: Type = typeOf(value)): string {
  if (value === null) return type.kind === 'null' ? 'NULL' : 'no value';
  if (typeof value === 'bigint') return type.kind === 'number' && type.show === 'dec' ? String(value) : hex(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean') return String(value);
  if (value.kind === 'list') return formatList(value);
  const fields = Object.entries(value.type.fields).filter(
    ([, { type: inner }]) => inner.kind !== 'list' && inner.kind !== 'record',
  );
  return `{ ${fields.map(([name, one]) => `${name} ${formatValue(one.get(value.subject as never), one.type)}`).join(', ')} }`;
}

function formatList(list: ListValue): string {
  const items = list.items();
  const shown = items.slice(0, ITEMS_SHOWN).map((item) => formatValue(item, list.type.of));
  const rest = items.length - shown.length;
  return `[${shown.join(', ')}${rest > 0 ? `, and ${rest} more` : ''}]`;
}
