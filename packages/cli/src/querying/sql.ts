import { historyFunctions, historyTables, TraceQuery, type QueryResult } from '@kwind/query';
import { openTrace } from '@kwind/trace';
import { STDIN } from '../argv.ts';
import { exitCodes, UsageError } from '../exit-code.ts';
import { pathOf, readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { jsonLine, print } from '../output.ts';
import { count, table } from '../render/table.ts';
import { safe, widthOf } from '../terminal.ts';

export interface SqlOptions {
  readonly trace: string;
  readonly query?: string | undefined;
  readonly file?: string | undefined;
  readonly csv: boolean;
  readonly json: boolean;
  readonly tables: boolean;
}

/** The verb `sql`. */
export async function sql(io: Io, options: SqlOptions): Promise<number> {
  if (options.tables) {
    await print(io, tableLines());
    return exitCodes.ok;
  }
  if (options.query !== undefined && options.file !== undefined)
    throw new UsageError('give a query or --file, one of the two.', 'kwind sql TRACE -f report.sql');
  const text = options.query ?? (await readInput(options.file ?? STDIN, io)).toString('utf8');
  const reader = openTrace(pathOf(io, options.trace));
  const query = new TraceQuery(reader);
  try {
    const result = query.run(text);
    await print(io, options.json ? jsonLines(result) : options.csv ? csvLines(result) : tableText(io, result));
  } finally {
    query.close();
    reader.close();
  }
  return exitCodes.ok;
}

const tableLines = (): string[] => [
  ...historyTables.flatMap(({ name, doc, columns }) => [`${name}(${columns.join(', ')})`, `    ${doc}`]),
  ...historyFunctions.flatMap(({ name, doc, parameters, columns }) => [
    `${name}(${parameters.join(', ')}) -> (${columns.join(', ')})`,
    `    ${doc}`,
  ]),
  'translate(address, pos)',
  '    the physical address that an address translates to at a position, or NULL',
  'address(text)',
  '    an address as the columns hold it: 0x and 16 digits, so that texts compare as unsigned numbers do',
];

function* jsonLines({ columns, rows }: QueryResult): Generator<string> {
  for (const row of rows) yield jsonLine(Object.fromEntries(columns.map((column, i) => [column, row[i]])));
}

const csvField = (value: unknown): string => {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

function* csvLines({ columns, rows }: QueryResult): Generator<string> {
  yield columns.map(csvField).join(',');
  for (const row of rows) yield row.map(csvField).join(',');
}

function tableText(io: Io, { columns, rows }: QueryResult): string[] {
  const cells = Array.from(rows, (row) => row.map((value) => (value === null ? '-' : safe(String(value)))));
  const isNumber = (i: number): boolean =>
    cells.length > 0 && cells.every((row) => /^(?:-|-?\d+(?:\.\d+)?)$/.test(row[i]!));
  const heads = columns.map((head, i) => ({
    head: safe(head),
    align: isNumber(i) ? ('right' as const) : ('left' as const),
  }));
  return [...table(heads, cells, widthOf(io)), `(${count(cells.length, 'row')})`];
}
