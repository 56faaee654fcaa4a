import { jsonOption, metaOption, outputOptions, profileOptions } from './options.ts';
import { defineCommand } from './spec.ts';

export const importCommand = defineCommand({
  usage: 'import <log>',
  doc: "record a real kernel's boot from its log, which runs through the model, or from a capture of its calls",
  examples: [
    { command: 'import boot.log -o boot.kwind', what: 'exit code 1 where log and model disagree' },
    { command: 'import console.log.gz -o c.kwind', what: 'gzip is unpacked' },
    { command: 'import - -o boot.kwind < boot.log', what: 'standard input' },
    { command: 'import boot.jsonl -o boot.kwind', what: 'events that kwind export wrote' },
    { command: 'import events.jsonl.gz -o real.kwind', what: 'calls that a tracer saw: what really happened' },
    { command: 'import traces/captures/q35-6.1.0-56 -o q35.kwind', what: 'the same by the folder that holds them' },
  ],
  build: (yargs) =>
    yargs
      .positional('log', {
        type: 'string',
        demandOption: true,
        describe:
          'dmesg or serial console of a kernel booted with early_ioremap_debug, JSON lines of kwind export, or a capture of kernel calls',
      })
      .options({
        ...outputOptions,
        ...profileOptions,
        ...metaOption,
        all: { type: 'boolean', default: false, describe: 'show every disagreement, not only the first 20' },
        ...jsonOption,
      }),
  run: async (args, io) => {
    const { importFile } = await import('../recording/import.ts');
    return importFile(io, args);
  },
});
