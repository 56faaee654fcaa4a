import { pathOf } from '../files.ts';
import { note, print } from '../output.ts';
import { jsonOption, traceArgument } from './options.ts';
import { defineCommand } from './spec.ts';

export const logCommand = defineCommand({
  usage: 'log <trace> [range]',
  doc: 'list the events of a trace, one a line',
  examples: [
    { command: 'log boot.kwind 1000..1100', what: 'the events that lead from position 1000 to 1100' },
    { command: "log boot.kwind --type 'slot.*,warn.raised'", what: 'events of some types' },
    { command: 'log boot.kwind --vaddr 0xffffffffff200000', what: 'all that happened to one page' },
    { command: 'log boot.kwind --reverse -n 20', what: 'the last 20, latest first' },
    { command: 'log boot.kwind -f end..', what: 'what comes from now on, while it is being recorded' },
    { command: 'log boot.kwind --json | jq .type', what: 'one JSON object a line' },
  ],
  build: (yargs) =>
    yargs
      .positional('trace', traceArgument)
      .positional('range', {
        type: 'string',
        default: '..',
        describe: 'A..B, the events from position A to B: 1000.., 25%..50%, end-10..',
      })
      .options({
        type: {
          alias: 't',
          type: 'string',
          requiresArg: true,
          describe: "only these types: pte.written, 'pte.*', several with commas",
        },
        vaddr: {
          type: 'string',
          requiresArg: true,
          describe: 'only stores to entries that translate this address, and its flushes and accesses',
        },
        reverse: { alias: 'r', type: 'boolean', default: false, describe: 'latest first' },
        follow: {
          alias: 'f',
          type: 'boolean',
          default: false,
          describe: 'go on with what a recorder adds, until it is done',
        },
        number: { alias: 'n', type: 'string', requiresArg: true, describe: 'at most this many' },
        wide: {
          alias: 'w',
          type: 'boolean',
          default: false,
          describe: 'never shorten a line to the width of the terminal',
        },
        ...jsonOption,
      }),
  run: async (args, io) => {
    const { openTrace } = await import('@kwind/trace');
    const { selectEvents, logLines } = await import('../log.ts');
    const reader = openTrace(pathOf(io, args.trace));
    try {
      if (args.follow) return await (await import('../follow-log.ts')).followLog(io, reader, args);
      const listing = logLines(io, reader, await selectEvents(reader, args), args);
      await print(io, listing.lines);
      if (listing.shortened())
        await note(io, '(calls shortened to the width of the terminal; --wide shows them whole)');
    } finally {
      reader.close();
    }
    return 0;
  },
});
