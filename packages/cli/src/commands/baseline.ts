import { defineCommand } from './spec.ts';

export const baselineCommand = defineCommand({
  usage: 'baseline <action> <good..>',
  doc: 'learn from good boots what varies among them',
  examples: [{ command: 'baseline build good1.kwind good2.kwind -o base.json', what: 'for kwind regress' }],
  build: (yargs) =>
    yargs
      .positional('action', { choices: ['build'] as const, demandOption: true, describe: 'build' })
      .positional('good', { type: 'string', array: true, demandOption: true, describe: 'traces of good boots' })
      .options({
        output: {
          alias: 'o',
          type: 'string',
          requiresArg: true,
          demandOption: true,
          describe: 'the baseline to write',
        },
      }),
  run: async (args, io) => {
    const { buildBaseline } = await import('../checking/regress.ts');
    return buildBaseline(io, args);
  },
});
