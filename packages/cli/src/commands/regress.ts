import { bisectExitOption } from './check.ts';
import { jsonOption } from './options.ts';
import { defineCommand } from './spec.ts';

export const regressCommand = defineCommand({
  usage: 'regress <base> <candidate>',
  doc: 'what a boot does that none of the good ones did',
  examples: [
    { command: 'regress base.json new.kwind', what: 'exit code 1 if there is anything' },
    { command: 'regress base.json new.kwind --junit out.xml', what: 'for a CI server' },
  ],
  build: (yargs) =>
    yargs
      .positional('base', { type: 'string', demandOption: true, describe: 'what kwind baseline wrote' })
      .positional('candidate', { type: 'string', demandOption: true, describe: 'the .kwind file to judge' })
      .options({
        junit: { type: 'string', requiresArg: true, describe: 'write a JUnit report too' },
        ...bisectExitOption,
        ...jsonOption,
      }),
  run: async (args, io) => {
    const { regress } = await import('../checking/regress.ts');
    return regress(io, args);
  },
});
