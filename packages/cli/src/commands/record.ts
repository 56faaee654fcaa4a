import { UsageError } from '../exit-code.ts';
import { outputOptions, jsonOption, profileOptions } from './options.ts';
import { defineCommand } from './spec.ts';

export const recordCommand = defineCommand({
  usage: 'record [script]',
  doc: 'run a boot script on the simulated kernel and record what happens',
  examples: [
    { command: 'record boot.kws -o boot.kwind', what: 'exit code 1 if an expect fails' },
    { command: 'record --boot -o boot.kwind', what: 'a boot up to the first early mapping' },
    { command: 'record boot.kws -o b.kwind --profile linux-4.4', what: 'on another kernel than the script says' },
    { command: 'record boot.kws -o b.kwind --set nr_cpus=64', what: 'with one value of the build changed' },
    { command: 'record boot.kws --resume b.kwind', what: 'go on where a full disk or a kill stopped it' },
  ],
  build: (yargs) =>
    yargs.positional('script', { type: 'string', describe: 'the boot script; - is standard input' }).options({
      ...outputOptions,
      output: { ...outputOptions.output, demandOption: false },
      resume: {
        type: 'string',
        requiresArg: true,
        describe: 'go on with a trace whose recording was stopped, instead of --output',
      },
      boot: { type: 'boolean', default: false, describe: 'instead of a script: just boot' },
      ...profileOptions,
      ...jsonOption,
    }),
  run: async (args, io) => {
    if ((args.script === undefined) !== args.boot) {
      throw new UsageError('give a script or --boot, one of the two.', 'kwind record boot.kws -o boot.kwind');
    }
    const { output, resume } = args;
    if (output === undefined && resume === undefined)
      throw new UsageError('kwind record needs --output.', 'kwind record --help shows its options and examples.');
    if (output !== undefined && resume !== undefined)
      throw new UsageError('--output and --resume contradict each other.', '--resume names the trace to go on with.');
    if (resume !== undefined && (args.profile !== undefined || args.set.length > 0 || args.force)) {
      throw new UsageError(
        '--resume takes the kernel build from the trace.',
        'Leave --profile, --set and --force out.',
      );
    }
    const { recordScript } = await import('../recording/script.ts');
    return recordScript(io, { ...args, output: output ?? '' });
  },
});
