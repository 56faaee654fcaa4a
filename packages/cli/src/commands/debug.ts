import { jsonOption, traceArgument } from './options.ts';
import { defineCommand } from './spec.ts';

export const debugCommand = defineCommand({
  usage: 'debug <trace>',
  doc: 'step through a trace, forward and backward',
  examples: [
    { command: 'debug boot.kwind', what: 'on a terminal; help lists the commands' },
    { command: 'debug boot.kwind --at end', what: 'start at the end and go back' },
    { command: "debug boot.kwind -batch -ex 'goto 640' -ex 'info slots'", what: 'commands, and no prompt' },
    { command: 'debug boot.kwind --follow', what: 'while it is being recorded' },
    { command: 'debug boot.kwind -batch -x steps.txt --json', what: 'from a file, one JSON object a command' },
  ],
  build: (yargs) =>
    yargs.positional('trace', traceArgument).options({
      at: {
        type: 'string',
        requiresArg: true,
        default: 'start',
        describe: 'where to stand first: 640, end, 37.5%, phase:NAME, line:61',
      },
      batch: {
        type: 'boolean',
        default: false,
        describe: 'leave after the commands given (also -batch); exit code 2 if one failed',
      },
      ex: {
        type: 'string',
        array: true,
        requiresArg: true,
        default: [] as string[],
        describe: 'run a command (also -ex); may be repeated',
      },
      x: {
        alias: 'command',
        type: 'string',
        requiresArg: true,
        describe: 'run the commands in a file; may be repeated',
      },
      quiet: { alias: 'q', type: 'boolean', default: false, describe: 'no greeting' },
      echo: { type: 'boolean', default: false, describe: 'print each command before its answer, as in a transcript' },
      follow: {
        alias: 'f',
        type: 'boolean',
        default: false,
        describe: 'the trace is still being recorded: see new events, and wait for them at the end',
      },
      rc: {
        type: 'boolean',
        default: true,
        describe: 'run .kwindrc first; --no-rc (also -nx) leaves it alone',
      },
      ...jsonOption,
    }),
  run: async (args, io) => {
    const { debug } = await import('../repl/debug.ts');
    return debug(io, args);
  },
});
