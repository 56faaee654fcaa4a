import type { WatchAccess } from '../protocol.ts';
import { countOf, firstWord, needed, numbersOf, usageError, type CommandSpec } from './spec.ts';

function breaking(name: 'break' | 'tbreak', aliases: readonly string[], temporary: boolean): CommandSpec {
  const usage = `${name} SPEC [if EXPR]`;
  return {
    name,
    aliases,
    usage,
    summary: temporary
      ? 'Stop once, at the first event that the specification names.'
      : 'Stop at events of a type, of a kernel function, of a slot, of an address or a range, or where an expression holds.',
    examples: [
      `${name} pte.*`,
      `${name} early_iounmap`,
      `${name} slot 3`,
      `${name} 0xffffffffff200000`,
      `${name} if slots_in_use == 8`,
    ],
    group: 'stops',
    parse: (rest) => ({ do: 'break', spec: needed(rest, 'Where to stop', { usage }), temporary }),
  };
}

function watching(name: 'watch' | 'rwatch' | 'awatch', access: WatchAccess, summary: string): CommandSpec {
  const usage = `${name} TARGET [if EXPR]`;
  return {
    name,
    aliases: [],
    usage,
    summary,
    examples: [
      `${name} 0xffffffffff200000`,
      `${name} pte 0xffffffffff200000`,
      `${name} slot 0`,
      `${name} fix FIX_APIC_BASE`,
    ],
    group: 'stops',
    parse: (rest) => ({ do: 'watch', target: needed(rest, 'What to watch', { usage }), access }),
  };
}

function numbered(verb: 'enable' | 'disable' | 'delete', aliases: readonly string[], summary: string): CommandSpec {
  const usage = `${verb} [NUMBERS]`;
  return {
    name: verb,
    aliases,
    usage,
    summary,
    examples: [`${verb} 1 3`, `${verb} 2-5`],
    group: 'stops',
    parse(rest) {
      const [word, name] = firstWord(rest);
      if (verb === 'delete' && /^(?:checkpoint|bookmark)$/.test(word)) {
        return {
          do: 'delete-bookmark',
          name: needed(name.replace(/^@/, ''), 'Which bookmark', { usage: 'delete bookmark NAME' }),
        };
      }
      return { do: verb, numbers: numbersOf(rest.replace(/^breakpoints?\b\s*/, ''), { usage }) };
    },
  };
}

const catching: CommandSpec = {
  name: 'catch',
  aliases: [],
  usage: 'catch warn|bug|fault|conflict|leak',
  summary: 'Stop when the kernel or the CPU meets trouble.',
  examples: ['catch warn', 'catch fault'],
  group: 'stops',
  parse: (rest) => ({ do: 'catch', trouble: needed(rest, 'What to catch', catching), temporary: false }),
};

const ignore: CommandSpec = {
  name: 'ignore',
  aliases: [],
  usage: 'ignore NUMBER COUNT',
  summary: 'Let the next COUNT hits of a breakpoint pass.',
  examples: ['ignore 2 10'],
  group: 'stops',
  parse(rest) {
    const [number, count] = firstWord(rest);
    if (!/^[0-9]{1,6}$/.test(number) || !/^[0-9]{1,9}$/.test(count))
      throw usageError('Two numbers are needed.', ignore);
    return { do: 'ignore', number: Number(number), count: Number(count) };
  },
};

const condition: CommandSpec = {
  name: 'condition',
  aliases: [],
  usage: 'condition NUMBER [EXPR]',
  summary: 'Give a breakpoint another condition, or none.',
  examples: ['condition 1 slots_in_use > 2', 'condition 1'],
  group: 'stops',
  parse(rest) {
    const [number, expression] = firstWord(rest);
    return { do: 'condition', number: countOf(needed(number, 'The number', condition), condition), expression };
  },
};

const commands: CommandSpec = {
  name: 'commands',
  aliases: [],
  usage: 'commands NUMBER COMMAND; COMMAND …',
  summary: 'Commands to run whenever a breakpoint stops; none to remove them.',
  examples: ['commands 1 info slots; backtrace'],
  group: 'stops',
  parse(rest) {
    const [number, lines] = firstWord(rest);
    const each = lines
      .split(';')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    return { do: 'commands', number: countOf(needed(number, 'The number', commands), commands), lines: each };
  },
};

export const stopCommands: readonly CommandSpec[] = [
  breaking('break', ['b', 'br'], false),
  breaking('tbreak', ['tb'], true),
  watching('watch', 'write', 'Stop when something changes: an address, an entry, a fixmap index, a slot, a register.'),
  watching('rwatch', 'read', 'Stop when an address is read, or an entry is used to translate.'),
  watching('awatch', 'access', 'Stop when an address is read or written.'),
  catching,
  condition,
  ignore,
  commands,
  numbered('enable', ['en'], 'Let breakpoints stop again; all without numbers.'),
  numbered('disable', ['dis'], 'Let breakpoints pass; all without numbers.'),
  numbered('delete', ['d', 'del'], 'Remove breakpoints; all without numbers. delete bookmark NAME removes a bookmark.'),
];
