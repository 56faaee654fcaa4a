import { UsageError } from '../exit-code.ts';
import { print, printJson } from '../output.ts';
import { jsonOption, traceArgument } from './options.ts';
import { defineCommand } from './spec.ts';

const views = [
  'summary',
  'slots',
  'fixmap',
  'walk',
  'pagetable',
  'tlb',
  'registers',
  'calls',
  'warnings',
  'profile',
  'iomem',
  'ioports',
  'vmalloc',
  'ptdump',
  'e820',
  'pat',
] as const;

export const showCommand = defineCommand({
  usage: 'show <trace> <view> [what]',
  doc: 'show one part of the machine as it stood at a position',
  examples: [
    { command: 'show boot.kwind slots --at 640', what: 'the early_ioremap slots at position 640' },
    { command: 'show boot.kwind walk 0xffffffffff200000', what: 'the page walk of an address, at the end' },
    { command: 'show boot.kwind calls --at 50% --json', what: 'for a program' },
    { command: 'show boot.kwind iomem --unprivileged', what: '/proc/iomem as an ordinary user reads it' },
  ],
  build: (yargs) =>
    yargs
      .positional('trace', traceArgument)
      .positional('view', { type: 'string', demandOption: true, choices: views, describe: 'what to show' })
      .positional('what', { type: 'string', describe: 'the address to walk, or a range, slot or name to keep to' })
      .options({
        at: {
          type: 'string',
          requiresArg: true,
          default: 'end',
          describe: 'position: 640, end-10, 37.5%, phase:NAME, line:61',
        },
        unprivileged: {
          type: 'boolean',
          default: false,
          describe: 'iomem and ioports as a user without CAP_SYS_ADMIN reads them',
        },
        all: { alias: 'a', type: 'boolean', default: false, describe: 'leave nothing out' },
        ...jsonOption,
      }),
  run: async (args, io) => {
    if (args.view === 'walk' && args.what === undefined) {
      throw new UsageError('the address to walk is missing.', 'kwind show TRACE walk 0xffffffffff200000');
    }
    if (args.unprivileged && args.view !== 'iomem' && args.view !== 'ioports') {
      throw new UsageError(`--unprivileged makes no difference to ${args.view}.`, 'It goes with iomem and ioports.');
    }
    if (args.view === 'summary' && args.at === 'end' && args.what === undefined && !args.json) {
      const { showSummary } = await import('../show-summary.ts');
      return showSummary(io, args.trace);
    }
    const { toJson } = await import('@kwind/debugger');
    const { openSession } = await import('../open-session.ts');
    const { renderResult } = await import('../render/result.ts');
    const { styleFor } = await import('../render/style.ts');
    const { session, reader } = openSession(io, args.trace, { at: args.at });
    try {
      const what = args.unprivileged ? 'unprivileged' : (args.what ?? '');
      const result = session.dispatch(
        args.view === 'walk' ? { do: 'walk', address: what } : { do: 'info', topic: args.view, argument: what },
      );
      if (args.json) await printJson(io, toJson(result));
      else await print(io, renderResult(result, styleFor(io, { all: args.all, allHint: '--all' })));
    } finally {
      reader.close();
    }
    return 0;
  },
});
