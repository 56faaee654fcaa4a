import { exitCodes } from '../exit-code.ts';
import { pathOf } from '../files.ts';
import { print, printJson } from '../output.ts';
import { Progress } from '../progress.ts';
import { safe } from '../terminal.ts';
import { jsonOption, traceArgument } from './options.ts';
import { defineCommand } from './spec.ts';

export const verifyCommand = defineCommand({
  usage: 'verify <trace>',
  doc: 'check that every batch of a trace is intact, in place and in order',
  examples: [{ command: 'verify boot.kwind', what: 'exit code 0 if intact, 4 if not' }],
  build: (yargs) => yargs.positional('trace', traceArgument).options(jsonOption),
  run: async (args, io) => {
    const { verifyTrace } = await import('@kwind/trace');
    const { renderVerify } = await import('../render/verify.ts');
    const progress = new Progress(io, 'verifying');
    const report = verifyTrace(pathOf(io, args.trace), (done, total) => progress.at(done, total));
    progress.end();
    await (args.json
      ? printJson(io, { trace: args.trace, ...report })
      : print(io, renderVerify(safe(args.trace), report)));
    return report.ok ? exitCodes.ok : exitCodes.integrity;
  },
});
