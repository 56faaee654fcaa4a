import { TraceQuery } from '@kwind/query';
import { openTrace } from '@kwind/trace';
import { STDIN } from '../argv.ts';
import { exitCodes, UsageError } from '../exit-code.ts';
import { pathOf, readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { note, print } from '../output.ts';
import { count } from '../render/table.ts';
import { answerOf, showAnswer, type ShowOptions } from './answer.ts';
import { tableLines } from './dot-commands.ts';
import { Engine } from './engine.ts';
import { talkSql } from './prompt.ts';

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
    // A trace that cannot be opened says so here, not at the first query.
    openTrace(pathOf(io, options.trace)).close();
    const settings = { mode, limit: options.limit === undefined ? SCREENFUL : limit, timeout } as const;
    await withEngine(io, options.trace, (engine) => talkSql(io, engine, { ...settings }));
    return exitCodes.ok;
  }
  const text = query ?? (await readInput(file ?? STDIN, io)).toString('utf8');
  await answer(io, options.trace, text, timeout, { mode, limit });
  return exitCodes.ok;
}

async function answer(io: Io, trace: string, text: string, timeout: number, how: ShowOptions): Promise<void> {
  const reader = openTrace(pathOf(io, trace));
  try {
    const { isCut, rows } = timeout === 0 ? await here() : await withEngine(io, trace, there);
    if (isCut) await note(io, `kwind: only the first ${count(rows, 'row')}; --limit says how many`);
  } finally {
    reader.close();
  }

  async function here(): ReturnType<typeof showAnswer> {
    const query = new TraceQuery(reader);
    try {
      return await showAnswer(io, answerOf(query.run(text)), how);
    } finally {
      query.close();
    }
  }
  async function there(engine: Engine): ReturnType<typeof showAnswer> {
    return showAnswer(io, await engine.run(text, timeout), how);
  }
}

async function withEngine<T>(io: Io, trace: string, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = new Engine(pathOf(io, trace));
  try {
    return await work(engine);
  } finally {
    engine.close();
  }
}
