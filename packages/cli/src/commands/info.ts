import { pathOf, sizeOnDisk } from '../files.ts';
import { print, printJson } from '../output.ts';
import { Progress } from '../progress.ts';
import { jsonOption, traceArgument } from './options.ts';
import { defineCommand } from './spec.ts';

export const infoCommand = defineCommand({
  usage: 'info <trace>',
  doc: 'say what a trace is: its source, its build, its size, events by type',
  examples: [{ command: 'info boot.kwind', what: 'header, counts and sizes' }],
  build: (yargs) => yargs.positional('trace', traceArgument).options(jsonOption),
  run: async (args, io) => {
    const { openTrace } = await import('@kwind/trace');
    const { summarise } = await import('../trace-summary.ts');
    const { renderInfo } = await import('../render/info.ts');
    const path = pathOf(io, args.trace);
    const reader = openTrace(path);
    const progress = new Progress(io, 'counting');
    try {
      const summary = summarise(args.trace, reader, sizeOnDisk(path), (done) => progress.at(done, reader.length));
      progress.end();
      await (args.json ? printJson(io, summary) : print(io, renderInfo(summary)));
    } finally {
      reader.close();
    }
    return 0;
  },
});
