import { bisectExitOption } from './check.ts';
import { jsonOption } from './options.ts';
import { defineCommand } from './spec.ts';

const several = { type: 'string', array: true, requiresArg: true, default: [] as string[] } as const;

export const diffCommand = defineCommand({
  usage: 'diff <a> <b>',
  doc: 'what happened in one boot and not, or otherwise, in another',
  examples: [
    { command: 'diff good.kwind bad.kwind', what: 'exit code 0 the same, 1 different' },
    { command: 'diff good.kwind bad.kwind --stat', what: 'one line for each kind of difference' },
    { command: 'diff a.kwind b.kwind --unified | less', what: 'for review' },
    { command: "diff a.kwind b.kwind --only 'slot.*' --ignore size", what: 'only these events, without that field' },
    { command: 'diff a.kwind b.kwind -q || echo differ', what: 'for a script' },
    { command: 'diff a.kwind b.kwind --html diff.html', what: 'one page to look at and to send' },
  ],
  build: (yargs) =>
    yargs
      .positional('a', { type: 'string', demandOption: true, describe: 'a .kwind file' })
      .positional('b', { type: 'string', demandOption: true, describe: 'another' })
      .options({
        ignore: { ...several, describe: 'a field that does not count: phys, or call.entered.args; may be repeated' },
        only: { ...several, describe: "only events of these types: 'slot.*'; may be repeated" },
        from: { type: 'string', requiresArg: true, describe: 'start both at this position: 640, phase:NAME' },
        to: { type: 'string', requiresArg: true, describe: 'end both at this position' },
        tolerate: { choices: ['reorder'] as const, requiresArg: true, describe: 'calls that only moved do not count' },
        stat: { type: 'boolean', default: false, describe: 'one line for each kind of difference' },
        unified: { alias: 'u', type: 'boolean', default: false, describe: '- and + lines with what is around them' },
        quiet: { alias: 'q', type: 'boolean', default: false, describe: 'print nothing: the exit code says it' },
        html: { type: 'string', requiresArg: true, describe: 'write one self-contained page' },
        all: { type: 'boolean', default: false, describe: 'leave nothing out' },
        ...bisectExitOption,
        ...jsonOption,
      }),
  run: async (args, io) => {
    const { diff } = await import('../comparing/diff.ts');
    return diff(io, args);
  },
});
