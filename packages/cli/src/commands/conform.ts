import { jsonOption, metaOption, profileOptions } from './options.ts';
import { defineCommand } from './spec.ts';

export const conformCommand = defineCommand({
  usage: 'conform <capture>',
  doc: 'compare what a real kernel did, call by call, with what the model does',
  examples: [
    { command: 'conform events.jsonl.gz', what: 'exit code 0 only when every effect agrees' },
    {
      command: 'conform events.jsonl.gz --iomem iomem.txt --ioports ioports.txt',
      what: 'the final resource trees as well',
    },
    { command: 'conform events.jsonl.gz --profile linux-6.12 --json', what: 'against another build, for a program' },
  ],
  build: (yargs) =>
    yargs
      .positional('capture', {
        type: 'string',
        demandOption: true,
        describe: 'calls of a kernel that a tracer saw, one JSON object a line',
      })
      .options({
        ...profileOptions,
        ...metaOption,
        iomem: { type: 'string', requiresArg: true, describe: "the kernel's /proc/iomem in the end, as root sees it" },
        ioports: { type: 'string', requiresArg: true, describe: "the kernel's /proc/ioports in the end" },
        all: { type: 'boolean', default: false, describe: 'show every disagreement and all that was taken as given' },
        ...jsonOption,
      }),
  run: async (args, io) => {
    const { conformFile } = await import('../recording/conform.ts');
    return conformFile(io, args);
  },
});
