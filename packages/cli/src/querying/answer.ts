import type { Io } from '../io.ts';
import { jsonLine, Output } from '../output.ts';
import { count, table, type Column } from '../render/table.ts';
import { columnsOf, safe, widthOf } from '../terminal.ts';

/** How an answer is written. */
export const modes = ['table', 'csv', 'json'] as const;
export type Mode = (typeof modes)[number];

/** Rows come in lots, so that a long answer is written while it is still being found. */
export interface Answer {
  readonly columns: readonly string[];
  readonly lots: AsyncIterable<readonly (readonly unknown[])[]>;
}

/** Rows in a lot; the first lot's cells give a table its widths. */
export const LOT = 500;

export interface ShowOptions {
  readonly mode: Mode;
  /** Rows after which the rest is left out; 0 for no end. */
  readonly limit: number;
}

/** What was written. */
export interface Shown {
  readonly rows: number;
  /** There were more. */
  readonly isCut: boolean;
}

/** Write an answer as it comes. */
export async function showAnswer(io: Io, { columns, lots }: Answer, { mode, limit }: ShowOptions): Promise<Shown> {
  const out = new Output(io.stdout);
  const shown = mode === 'csv' && io.stdout.isTTY === true ? 'shownCsv' : mode;
  const writer = writers[shown](columns, widthOf(io));
  for (const line of writer.head) out.add(line);
  let rows = 0;
  let isCut = false;
  for await (const lot of lots) {
    const room = limit === 0 ? Infinity : limit - rows;
    const kept = lot.length > room ? lot.slice(0, room) : lot;
    for (const line of writer.lines(kept)) out.add(line);
    await out.flush();
    rows += kept.length;
    isCut = kept.length < lot.length;
    if (isCut) break;
  }
  for (const line of writer.foot(rows, isCut)) out.add(line);
  await out.flush();
  return { rows, isCut };
}

interface Writer {
  readonly head: readonly string[];
  lines(rows: readonly (readonly unknown[])[]): Iterable<string>;
  foot(rows: number, isCut: boolean): readonly string[];
}

const csvField = (value: unknown): string => {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const csvWriter = (field: (value: unknown) => string, columns: readonly string[]): Writer => ({
  head: [columns.map(field).join(',')],
  lines: (rows) => rows.map((row) => row.map(field).join(',')),
  foot: () => [],
});

/** A file gets what there is; on a terminal nothing may move the cursor. */
const shownField = (value: unknown): string => csvField(value === null ? null : safe(String(value)));

const writers: Readonly<Record<Mode | 'shownCsv', (columns: readonly string[], width: number) => Writer>> = {
  json: (columns) => ({
    head: [],
    lines: (rows) => rows.map((row) => jsonLine(Object.fromEntries(columns.map((column, i) => [column, row[i]])))),
    foot: () => [],
  }),
  csv: (columns) => csvWriter(csvField, columns),
  shownCsv: (columns) => csvWriter(shownField, columns),
  table: tableWriter,
};

const isNumber = (text: string): boolean => /^(?:-|-?\d+(?:\.\d+)?)$/.test(text);

function tableWriter(columns: readonly string[], width: number): Writer {
  let heads: readonly Column[] | undefined;
  const names = columns.map(safe);
  return {
    head: [],
    lines: (rows) => {
      const cells = rows.map((row) => row.map((value) => (value === null ? '-' : safe(String(value)))));
      const isFirst = heads === undefined;
      heads ??= names.map((head, i) => ({ head, align: cells.every((row) => isNumber(row[i]!)) ? 'right' : 'left' }));
      const lines = table(heads, cells, width);
      // Later lots are as wide as all before them.
      heads = heads.map(({ head, ...column }, i) => ({
        ...column,
        head: head.padEnd(Math.max(...cells.map((row) => columnsOf(row[i]!)))),
      }));
      return isFirst ? lines : lines.slice(1);
    },
    foot: (rows, isCut) => {
      const head =
        heads === undefined
          ? table(
              names.map((name) => ({ head: name })),
              [],
              width,
            )
          : [];
      return [...head, isCut ? `(the first ${count(rows, 'row')})` : `(${count(rows, 'row')})`];
    },
  };
}
