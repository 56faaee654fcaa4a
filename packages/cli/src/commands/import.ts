import { jsonOption, outputOptions, profileOptions } from './options.ts';
import { defineCommand } from './spec.ts';

export const importCommand = defineCommand({
  usage: 'import <log>',
  doc: "run a real kernel's boot log through the model and record it as a trace",
  examples: [
    { command: 'import boot.log -o boot.kwind', what: 'exit code 1 where log and model disagree' },
    { command: 'import console.log.gz -o c.kwind', what: 'gzip is unpacked' },
    { command: 'import - -o boot.kwind < boot.log', what: 'standard input' },
    { command: 'import boot.jsonl -o boot.kwind', what: 'events that kwind export wrote' },
  ],
  build: (yargs) =>
    yargs
      .positional('log', {
        type: 'string',
        demandOption: true,
        describe: 'dmesg or serial console of a kernel booted with early_ioremap_debug, or JSON lines of kwind export',
      })
      .options({
        ...outputOptions,
        ...profileOptions,
        all: { type: 'boolean', default: false, describe: 'show every disagreement, not only the first 20' },
        ...jsonOption,
      }),
  run: async (args, io) => {
    const { importFile } = await import('../recording/import.ts');
    return importFile(io, args);
  },
});
