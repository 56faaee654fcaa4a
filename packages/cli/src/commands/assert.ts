import { bisectExitOption } from './check.ts';
import { jsonOption, traceArgument } from './options.ts';
import { defineCommand } from './spec.ts';

export const assertCommand = defineCommand({
  usage: 'assert <trace> <file>',
  doc: "compare a machine's own text with the machine of a trace, range by range",
  examples: [
    { command: 'assert boot.kwind iomem.txt', what: 'a copy of /proc/iomem; exit code 1 if ranges differ' },
    { command: 'assert boot.kwind ptdump.txt --at phase:late_initcall', what: 'at a position' },
  ],
  build: (yargs) =>
    yargs
      .positional('trace', traceArgument)
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: '/proc/iomem, /proc/ioports, kernel_page_tables or vmallocinfo',
      })
      .options({
        at: {
          type: 'string',
          requiresArg: true,
          default: 'end',
          describe: 'position: 640, end-10, 37.5%, phase:NAME, line:61',
        },
        as: {
          choices: ['iomem', 'ioports', 'ptdump', 'vmalloc'] as const,
          requiresArg: true,
          describe: 'what the file is, where that cannot be told',
        },
        ...bisectExitOption,
        ...jsonOption,
      }),
  run: async (args, io) => {
    const { assertFile } = await import('../asserting/assert.ts');
    return assertFile(io, args);
  },
});
