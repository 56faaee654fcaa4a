import { jsonOption, traceArgument } from './options.ts';
import { defineCommand } from './spec.ts';

export const sqlCommand = defineCommand({
  usage: 'sql <trace> [query]',
  doc: 'ask the history of a trace in SQL, read-only',
  examples: [
    { command: "sql boot.kwind 'SELECT fn, count(*) FROM calls GROUP BY fn'", what: 'calls by function' },
    { command: "sql boot.kwind 'SELECT * FROM slots WHERE released IS NULL'", what: 'what was never unmapped' },
    { command: 'sql boot.kwind "SELECT * FROM pte_history(\'0xffffffffff200000\')"', what: 'all stores for one page' },
    { command: 'sql boot.kwind -f report.sql --csv', what: 'a query from a file' },
    { command: 'sql boot.kwind', what: 'a prompt, on a terminal' },
    { command: 'sql boot.kwind --tables', what: 'the tables and functions there are' },
  ],
  build: (yargs) =>
    yargs
      .positional('trace', traceArgument)
      .positional('query', { type: 'string', describe: 'one statement; without it, a prompt or standard input' })
      .options({
        file: { alias: 'f', type: 'string', requiresArg: true, describe: 'read the query from this file' },
        csv: { type: 'boolean', default: false, describe: 'comma-separated values with a head line' },
        limit: { type: 'number', requiresArg: true, describe: 'show at most so many rows; 0 shows all' },
        timeout: { type: 'number', requiresArg: true, describe: 'stop the query after so many seconds; 0 never' },
        tables: { type: 'boolean', default: false, describe: 'list tables, functions and columns' },
        ...jsonOption,
      }),
  run: async (args, io) => {
    const { sql } = await import('../querying/sql.ts');
    return sql(io, args);
  },
});
