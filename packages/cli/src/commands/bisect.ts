import { jsonOption, traceArgument } from './options.ts';
import { defineCommand } from './spec.ts';

export const bisectCommand = defineCommand({
  usage: 'bisect <trace> [action] [words..]',
  doc: 'find the first position at which something is wrong',
  examples: [
    { command: "bisect boot.kwind --expr 'slots_in_use == 0'", what: 'the first position where it no longer holds' },
    { command: "bisect boot.kwind --expr 'slots_in_use == 0' --all-flips", what: 'every position where it turns' },
    { command: 'bisect boot.kwind run ./test.sh', what: 'as git bisect run: 0 good, 125 skip, 1 to 127 bad' },
    { command: 'bisect boot.kwind start; kwind bisect boot.kwind good', what: 'by hand: good, bad, skip, log, reset' },
  ],
  build: (yargs) =>
    yargs
      .epilogue(
        'Exit code: 0 when a position is found; 1 when there is none, because it is good at the end too (--expr: it holds at --bad-at) or bad from the begin; 125 when only skipped positions are left; 2 for a mistake. --bisect-exit gives what git bisect run wants instead.',
      )
      .positional('trace', traceArgument)
      .positional('action', {
        type: 'string',
        describe: 'run CMD..., or by hand: start [BAD [GOOD]], good, bad, skip [POS|A..B], log, replay FILE, reset',
      })
      .positional('words', { type: 'string', array: true, default: [] as string[], describe: 'what the action takes' })
      .options({
        expr: { alias: 'e', type: 'string', requiresArg: true, describe: 'what holds while the boot is good' },
        'good-at': { type: 'string', requiresArg: true, default: 'start', describe: 'a position that is good' },
        'bad-at': { type: 'string', requiresArg: true, default: 'end', describe: 'a later position that is bad' },
        'all-flips': { type: 'boolean', default: false, describe: 'test every position, list every turn' },
        'term-old': { type: 'string', requiresArg: true, default: 'good', describe: 'another word for good' },
        'term-new': { type: 'string', requiresArg: true, default: 'bad', describe: 'another word for bad' },
        'bisect-exit': {
          type: 'boolean',
          default: false,
          describe: 'for git bisect run: 0 if the boot stays good, 1 if it turns bad, 125 to skip, 255 to abort',
        },
        ...jsonOption,
      }),
  run: async (args, io) => {
    const { bisectTrace } = await import('../bisecting/bisect.ts');
    // What stands behind `run` is left over by yargs.
    const [, ...rest] = args._.map(String);
    return bisectTrace(io, { ...args, words: [...args.words, ...rest] });
  },
});
