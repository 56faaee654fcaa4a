import { catalog, codeOfType } from '@kwind/events';
import { parseNumber } from '@kwind/x86';
import type { Condition, Select, TableRef } from './conditions.ts';
import { fits } from './wildcards.ts';

/** What of a table a query can need; the query's own conditions still apply to each row. */
export interface Wanted {
  /** First seq, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Codes of event types, or undefined for all. */
  readonly codes: readonly number[] | undefined;
  /** Frame of a page-table page, and an index in it. */
  readonly table: number | undefined;
  readonly index: number | undefined;
  /** Whether the column `data` is looked at. */
  readonly data: boolean;
}

export const everything: Wanted = {
  from: 0,
  to: Infinity,
  codes: undefined,
  table: undefined,
  index: undefined,
  data: true,
};

type Mutable = { -readonly [K in keyof Wanted]: Wanted[K] };

const isWhole = (text: string): boolean => /^\d{1,15}$/.test(text);

/** What the conditions of a SELECT leave of one of its tables. */
export function wantedOf(select: Select, ref: TableRef, data: boolean): Wanted {
  const wanted: Mutable = { ...everything, data };
  const isOurs = ({ of }: Condition): boolean => (of === undefined ? select.isAlone : of === ref.alias);
  for (const condition of select.conditions) if (isOurs(condition)) apply(condition, wanted);
  return wanted;
}

function apply({ column, op, values }: Condition, wanted: Mutable): void {
  const texts = values.map(({ text }) => text);
  if (column === 'seq' || column === 'position') {
    if (values.every(({ kind, text }) => kind === 'number' && isWhole(text)))
      bound(
        op,
        texts.map(Number).map((value) => value - (column === 'position' ? 1 : 0)),
        wanted,
      );
  } else if (column === 'type' && values.every(({ kind }) => kind === 'text')) types(op, texts, wanted);
  else if ((op === '=' || op === '==') && column === 'table_addr') wanted.table = frameOf(texts[0]!);
  else if ((op === '=' || op === '==') && column === 'idx' && isWhole(texts[0]!)) wanted.index = Number(texts[0]);
}

function bound(op: string, values: readonly number[], wanted: Mutable): void {
  const [value = 0, last = value] = values;
  const atLeast = (low: number): void => void (wanted.from = Math.max(wanted.from, low));
  const below = (high: number): void => void (wanted.to = Math.min(wanted.to, high));
  switch (op) {
    case '=':
    case '==':
      atLeast(value);
      return below(value + 1);
    case '>':
      return atLeast(value + 1);
    case '>=':
      return atLeast(value);
    case '<':
      return below(value);
    case '<=':
      return below(value + 1);
    case 'between':
      atLeast(value);
      return below(last + 1);
    case 'in':
      atLeast(Math.min(...values));
      return below(Math.max(...values) + 1);
  }
}

function types(op: string, texts: readonly string[], wanted: Mutable): void {
  const matches = matcher(op, texts);
  if (!matches) return;
  const codes = catalog.filter(({ type }) => matches(type)).map(({ type }) => codeOfType(type));
  wanted.codes = wanted.codes?.filter((code) => codes.includes(code)) ?? codes;
}

function matcher(op: string, texts: readonly string[]): ((type: string) => boolean) | undefined {
  if (op === '=' || op === '==' || op === 'in') return (type) => texts.includes(type);
  const pattern = texts[0]!;
  if (op === 'like') return (type) => fits(type.toLowerCase(), pattern.toLowerCase(), '%', '_');
  if (op !== 'glob' || pattern.includes('[')) return undefined;
  return (type) => fits(type, pattern, '*', '?');
}

function frameOf(text: string): number | undefined {
  try {
    const address = parseNumber(text, 'table_addr');
    return address % 4096n === 0n && address < 1n << 52n ? Number(address >> 12n) : undefined;
  } catch {
    return undefined;
  }
}

/** Parameters of a table as SQL hands them over; an argument that SQL would take for missing is never NULL. */
export const argumentsOf = ({ from, to, codes, table, index, data }: Wanted): string =>
  [
    from,
    to === Infinity ? -1 : Math.max(0, to),
    `'${codes?.join(' ') ?? '*'}'`,
    table ?? -1,
    index ?? -1,
    data ? 1 : 0,
  ].join(', ');

/** Names of those parameters. */
export const parameters = ['$from', '$to', '$codes', '$table', '$index', '$data'] as const;

/** The other way round; without arguments, everything. */
export function wantedFrom([from, to, codes, table, index, data]: readonly unknown[]): Wanted {
  const number = (value: unknown): number | undefined => (typeof value === 'number' && value >= 0 ? value : undefined);
  return {
    from: number(from) ?? 0,
    to: number(to) ?? Infinity,
    codes:
      typeof codes === 'string' && codes !== '*'
        ? codes
            .split(' ')
            .filter((one) => one !== '')
            .map(Number)
        : undefined,
    table: number(table),
    index: number(index),
    data: data !== 0,
  };
}
