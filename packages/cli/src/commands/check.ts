import { jsonOption, traceArgument } from './options.ts';
import { defineCommand } from './spec.ts';

/** For `git bisect run`: what kwind itself could not do must not count as bad. Read by the start of the program. */
export const bisectExitOption = {
  'bisect-exit': {
    type: 'boolean',
    default: false,
    describe: 'exit codes for git bisect run: 0 and 1 as they are, 3 and 4 become 125 (skip), any other 255 (abort)',
  },
} as const;

const several = { type: 'string', array: true, requiresArg: true, default: [] as string[] } as const;

export const checkCommand = defineCommand({
  usage: 'check [trace]',
  doc: 'check a whole trace against the rules of a healthy boot',
  examples: [
    { command: 'check boot.kwind', what: 'exit code 1 if a rule is broken at any position' },
    { command: 'check --list', what: 'the rules, and why each matters' },
    { command: 'check boot.kwind --rule stale-tlb,used-after-unmap', what: 'only these rules' },
    { command: "check boot.kwind --silence 'kernel-warning@1200..1300=known, fixed in 6.2'", what: 'not this one' },
    { command: 'check boot.kwind --sarif -o boot.sarif', what: 'for a code-scanning service' },
  ],
  build: (yargs) =>
    yargs.positional('trace', { ...traceArgument, demandOption: false }).options({
      list: { alias: 'l', type: 'boolean', default: false, describe: 'list the rules instead of checking' },
      rule: { ...several, describe: 'check only this rule; may be repeated, or several with commas' },
      'no-rule': { ...several, describe: 'leave this rule out; may be repeated, or several with commas' },
      silence: { ...several, describe: 'RULE[@A..B]=REASON: such findings are known, and do not count' },
      silences: { type: 'string', requiresArg: true, describe: 'a file of such lines; # begins a comment' },
      sarif: { type: 'boolean', default: false, describe: 'print SARIF 2.1.0' },
      output: { alias: 'o', type: 'string', requiresArg: true, describe: 'write to this file instead' },
      ...bisectExitOption,
      ...jsonOption,
    }),
  run: async (args, io) => {
    const { check } = await import('../checking/check.ts');
    return check(io, args);
  },
});
