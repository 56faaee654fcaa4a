import { print, printJson } from '../output.ts';
import { jsonOption } from './options.ts';
import { defineCommand } from './spec.ts';

export const functionsCommand = defineCommand({
  usage: 'functions [name]',
  doc: 'list the kernel functions that scripts can call',
  examples: [
    { command: 'functions', what: 'all, by the file they live in' },
    { command: 'functions early_ioremap', what: 'one, with its parameters' },
  ],
  build: (yargs) => yargs.positional('name', { type: 'string', describe: 'one function' }).options(jsonOption),
  run: async (args, io) => {
    const { kernelFunctions } = await import('@kwind/kernel');
    const { functionNamed, functionJson, renderFunctions, renderFunction } = await import('../render/functions.ts');
    const chosen = args.name === undefined ? kernelFunctions : [functionNamed(args.name)];
    if (args.json) await printJson(io, chosen.map(functionJson));
    else await print(io, args.name === undefined ? renderFunctions(chosen) : renderFunction(chosen[0]!));
    return 0;
  },
});
