import type { Command, WatchAccess } from '../protocol.ts';
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

const accesses: Readonly<Record<string, WatchAccess>> = { r: 'read', rw: 'access', w: 'write', c: 'write' };

const watchOf = (target: string, letters: string): Command => ({ do: 'watch', target, access: accesses[letters]! });

/**
 * `ba w ADDRESS LENGTH`, `ba w8 ADDRESS`: how WinDbg sets a watchpoint. Undefined for any other line.
 */
export function breakOnAccess(text: string): Command | undefined {
  const match = /^ba\s+(rw|[rwc])([0-9]*)\s+(\S+)(?:\s+(\w+))?$/.exec(text);
  if (!match) return undefined;
  return watchOf(addressOf(match[3]!, match[4] ?? match[2]!), match[1]!);
}

/** An address with as many bytes as were asked for. */
export const addressOf = (address: string, length: string): string =>
  length === '' ? `va ${address}` : `va ${address} len ${length}`;

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
    parse(rest) {
      const target = needed(rest, 'What to watch', { usage });
      // `watch va ADDRESS len 8 r`: how it is accessed may stand behind it, as TTD has it.
      const sized = /^(va\s[\s\S]*\S)\s+(rw|[rwc])$/.exec(target);
      return sized ? watchOf(sized[1]!, sized[2]!) : { do: 'watch', target, access };
    },
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
      // gdb deletes displays with the same word.
      if (verb === 'delete' && /^displays?$/.test(word))
        return { do: 'undisplay', numbers: numbersOf(name, { usage }) };
      return { do: verb, numbers: numbersOf(rest.replace(/^breakpoints?\b\s*/, ''), { usage }) };
    },
  };
}

function catching(name: 'catch' | 'tcatch', temporary: boolean): CommandSpec {
  const usage = `${name} warn|bug|fault|conflict|leak|stale [if EXPR]`;
  return {
    name,
    aliases: [],
    usage,
    summary: `Stop ${temporary ? 'once ' : ''}when the kernel or the CPU meets trouble: a WARN, a BUG, a page fault, a conflict of resources or memory types, the kernel's own count of leaked slots, or an access through a stale TLB entry.`,
    examples: [`${name} warn`, `${name} fault`],
    group: 'stops',
    parse: (rest) => ({ do: 'catch', trouble: needed(rest, 'What to catch', { usage }), temporary }),
  };
}

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

/** In place of a number: the breakpoint that was set last. */
const NEWEST = 0;

const commands: CommandSpec = {
  name: 'commands',
  aliases: [],
  usage: 'commands [NUMBER [COMMAND; COMMAND …]]',
  summary:
    'Commands to run whenever a breakpoint stops: on this line, or on the lines that follow, up to end. None at all removes them. The newest breakpoint without a number; silent as the first leaves out the stop itself.',
  examples: ['commands 1 info slots; backtrace', 'commands 1 silent; print slots_in_use; continue', 'commands 2'],
  group: 'stops',
  parse(rest) {
    const [number, lines] = firstWord(rest);
    const each = lines
      .split(';')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    return { do: 'commands', number: number === '' ? NEWEST : countOf(number, commands), lines: each };
  },
};

export const stopCommands: readonly CommandSpec[] = [
  breaking('break', ['b', 'br'], false),
  breaking('tbreak', ['tb'], true),
  watching('watch', 'write', 'Stop when something changes: an address, an entry, a fixmap index, a slot, a register.'),
  watching('rwatch', 'read', 'Stop when an address is read, or an entry is used to translate.'),
  watching('awatch', 'access', 'Stop when an address is read or written.'),
  catching('catch', false),
  catching('tcatch', true),
  condition,
  ignore,
  commands,
  numbered('enable', ['en'], 'Let breakpoints stop again; all without numbers.'),
  numbered('disable', ['dis'], 'Let breakpoints pass; all without numbers.'),
  numbered('delete', ['d', 'del'], 'Remove breakpoints; all without numbers. delete bookmark NAME removes a bookmark.'),
];
