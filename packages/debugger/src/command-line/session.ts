import type { Command } from '../protocol.ts';
import { firstWord, needed, nothing, numbersOf, usageError, type CommandSpec } from './spec.ts';

const bookmark: CommandSpec = {
  name: 'bookmark',
  aliases: ['checkpoint', 'ubookmark'],
  usage: 'bookmark [NAME] [-m NOTE]',
  summary: 'Give this position a name that lasts; goto @NAME comes back.',
  examples: ['bookmark before-leak', 'bookmark odd -m "prev_size is stale here"'],
  group: 'session',
  parse(rest) {
    const match = /^(?:@?([^\s@]+))?(?:(?:^|\s+)-m\s+([\s\S]+))?$/.exec(rest);
    if (!match || match[1] === '-m') throw usageError(`"${rest}" is not a name.`, bookmark);
    const note = (match[2] ?? '').trim().replace(/^"([\s\S]*)"$/, '$1');
    return { do: 'bookmark', name: match[1] ?? '', note };
  },
};

const display: CommandSpec = {
  name: 'display',
  aliases: [],
  usage: 'display EXPR',
  summary: 'Print an expression at every stop; info displays lists them.',
  examples: ['display slots_in_use'],
  group: 'session',
  parse: (rest) =>
    rest === '' ? { do: 'info', topic: 'displays', argument: '' } : { do: 'display', expression: rest },
};

const undisplay: CommandSpec = {
  name: 'undisplay',
  aliases: [],
  usage: 'undisplay [NUMBERS]',
  summary: 'Stop printing; all without numbers.',
  examples: ['undisplay 1'],
  group: 'session',
  parse: (rest) => ({ do: 'undisplay', numbers: numbersOf(rest, undisplay) }),
};

const call: CommandSpec = {
  name: 'call',
  aliases: [],
  usage: 'call FUNCTION(ARGUMENTS)',
  summary: 'What if: run a kernel function from the state here in a branch. The recording stays as it is.',
  examples: ['call early_ioremap(0x1000, 0x2000)'],
  group: 'session',
  parse: (rest) => ({ do: 'call', text: needed(rest, 'The call', call) }),
};

const branch: CommandSpec = {
  name: 'branch',
  aliases: [],
  usage: 'branch [show | save FILE | drop]',
  summary: 'What the branch did, keep it as a trace, or go back to the recording.',
  examples: ['branch', 'branch save what-if.kwind', 'branch drop'],
  group: 'session',
  parse(rest): Command {
    const [action, file] = firstWord(rest);
    if (action === 'save') return { do: 'branch', action: 'save', file: needed(file, 'The file', branch) };
    if (file === '' && (action === '' || action === 'show')) return { do: 'branch', action: 'show' };
    if (file === '' && action === 'drop') return { do: 'branch', action: 'drop' };
    throw usageError(`"${rest}" is nothing to do with a branch.`, branch);
  },
};

const refresh: CommandSpec = {
  name: 'refresh',
  aliases: [],
  usage: 'refresh',
  summary: 'Pick up what a recorder wrote to the trace since.',
  examples: ['refresh'],
  group: 'session',
  parse(rest) {
    nothing(rest, refresh);
    return { do: 'refresh' };
  },
};

const help: CommandSpec = {
  name: 'help',
  aliases: ['h', '?'],
  usage: 'help [COMMAND]',
  summary: 'All commands, or one with examples.',
  examples: ['help', 'help goto'],
  group: 'session',
  parse: (rest) => ({ do: 'help', topic: rest }),
};

const quit: CommandSpec = {
  name: 'quit',
  aliases: ['q', 'exit'],
  usage: 'quit',
  summary: 'Leave.',
  examples: ['quit'],
  group: 'session',
  parse: () => ({ do: 'quit' }),
};

export const sessionCommands: readonly CommandSpec[] = [
  bookmark,
  display,
  undisplay,
  call,
  branch,
  refresh,
  help,
  quit,
];
