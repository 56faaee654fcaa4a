import { STDIN } from '../argv.ts';
import { exitCodes, UsageError } from '../exit-code.ts';
import { pathOf, readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { note, print } from '../output.ts';
import { count } from '../render/table.ts';
import { showAnswer, type ShowOptions } from './answer.ts';
import { Engine } from './engine.ts';

export interface SqlOptions {
  readonly trace: string;
  readonly query?: string | undefined;
  readonly file?: string | undefined;
  readonly csv: boolean;
  readonly json: boolean;
  readonly tables: boolean;
  readonly limit?: number | undefined;
  readonly timeout?: number | undefined;
}

/** Rows that the prompt shows of an answer unless told otherwise. */
const SCREENFUL = 1000;

function wholeNumber(value: number | undefined, option: string): number {
  if (value === undefined) return 0;
  if (Number.isInteger(value) && value >= 0) return value;
  throw new UsageError(`${option} needs a whole number.`, '0 means without end.');
}

/** The verb `sql`. */
export async function sql(io: Io, options: SqlOptions): Promise<number> {
  if (options.tables) {
    const { tableLines } = await import('./dot-commands.ts');
    await print(io, tableLines());
    return exitCodes.ok;
  }
  const { query, file, csv, json } = options;
  if (query !== undefined && file !== undefined)
    throw new UsageError('give a query or --file, one of the two.', 'kwind sql TRACE -f report.sql');
  if (csv && json) throw new UsageError('--csv and --json exclude each other.', 'Give one of the two.');
  const mode = json ? 'json' : csv ? 'csv' : 'table';
  const limit = wholeNumber(options.limit, '--limit');
  const timeout = wholeNumber(options.timeout, '--timeout');
  if (query === undefined && file === undefined && io.stdin.isTTY === true) {
    const { talkSql } = await import('./prompt.ts');
    const settings = { mode, limit: options.limit === undefined ? SCREENFUL : limit, timeout } as const;
    await withEngine(io, options.trace, async (engine) => {
      // A trace that cannot be opened says so here, not at the first query.
      await engine.start();
      await talkSql(io, engine, { ...settings });
    });
    return exitCodes.ok;
  }
  const text = query ?? (await readInput(file ?? STDIN, io)).toString('utf8');
  await answer(io, options.trace, text, timeout, { mode, limit });
  return exitCodes.ok;
}

async function answer(io: Io, trace: string, text: string, timeout: number, how: ShowOptions): Promise<void> {
  const { isCut, rows } = await withEngine(io, trace, async (engine) =>
    showAnswer(io, await engine.run(text, timeout), how),
  );
  if (isCut) await note(io, `kwind: only the first ${count(rows, 'row')}; --limit says how many`);
}

async function withEngine<T>(io: Io, trace: string, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = new Engine(pathOf(io, trace));
  try {
    return await work(engine);
  } finally {
    engine.close();
  }
}
