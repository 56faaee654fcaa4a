import type { CommandHelp } from '@kwind/debugger';

/** Help of what the shell does by itself, around the debugger's own commands. */
const own: readonly CommandHelp[] = [
  {
    name: 'source',
    aliases: [],
    usage: 'source FILE',
    summary: 'Run the commands in a file, one a line; a line that begins with # is a comment.',
    examples: ['source steps.txt'],
    group: 'session',
  },
  {
    name: 'end',
    aliases: [],
    usage: 'end',
    summary: 'Ends the lines that commands took for a breakpoint.',
    examples: ['commands 1', 'info slots', 'end'],
    group: 'stops',
  },
];

/** The help that `help source` and `help end` ask for; undefined for any other line. */
export function ownHelp(line: string): CommandHelp | undefined {
  const topic = /^(?:help|h|\?)\s+(\S+)$/.exec(line)?.[1];
  return own.find(({ name }) => name === topic);
}
