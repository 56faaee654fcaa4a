import { columnsOf, cut } from '../terminal.ts';

export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

function cell(text: string, width: number, align: Column['align'], last: boolean): string {
  const fill = ' '.repeat(Math.max(0, width - columnsOf(text)));
  if (align === 'right') return fill + text;
  return last ? text : text + fill;
}

/** Narrower than this the last column is left to wrap: a stump would say nothing. */
const SMALLEST_LAST = 12;

/**
 * Rows of text in columns as wide as their widest cell; a head line when any column has a head.
 * The last column gives way to `width`: what is cut shows as `…`. It must not be coloured then.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width = Infinity): string[] {
  const widths = columns.map(({ head }, i) => Math.max(head.length, ...rows.map((row) => columnsOf(row[i] ?? ''))));
  const before = widths.slice(0, -1).reduce((sum, own) => sum + own + GAP.length, 0);
  const room = Math.max(SMALLEST_LAST, width - before);
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, i) =>
        i < columns.length - 1
          ? cell(cells[i] ?? '', widths[i]!, align, false)
          : last(cells[i] ?? '', Math.min(room, widths[i]!), align),
      )
      .join(GAP)
      .trimEnd();
  const head = columns.some((column) => column.head !== '') ? [line(columns.map((column) => column.head))] : [];
  return [...head, ...rows.map(line)];
}

const last = (text: string, width: number, align: Column['align']): string =>
  cell(columnsOf(text) > width ? cut(text, width) : text, width, align, true);

/** `name  value` lines. */
export const facts = (pairs: readonly (readonly [string, string])[]): string[] =>
  table([{ head: '' }, { head: '' }], pairs);

/** `12,345`, of a whole number. Without the tables of languages that toLocaleString() loads: they cost a start 4 ms. */
export const grouped = (n: number): string => String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');

/** `1 event`, `2 events`, `12,345 events`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${grouped(n)} ${n === 1 ? one : many}`;
