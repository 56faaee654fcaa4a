import type { Direction } from '@kwind/timeline';
import type { Command } from '../protocol.ts';
import { countOf, needed, usageError, type CommandSpec } from './spec.ts';

type Counted = 'step' | 'next' | 'finish' | 'continue';

interface Pair {
  readonly verb: Counted;
  readonly aliases: readonly string[];
  readonly reverseAliases: readonly string[];
  readonly summary: string;
  readonly reverseSummary: string;
  readonly count: string;
}

const pairs: readonly Pair[] = [
  {
    verb: 'step',
    aliases: ['s', 't'],
    reverseAliases: ['rs', 't-'],
    summary: 'Go to the next event.',
    reverseSummary: 'Go back to the event before.',
    count: 'COUNT',
  },
  {
    verb: 'next',
    aliases: ['n', 'p'],
    reverseAliases: ['rn', 'p-'],
    summary: 'Go to the next event at this depth of calls or an outer one: a whole call is one step.',
    reverseSummary: 'Go back over a whole call, or to the event before.',
    count: 'COUNT',
  },
  {
    verb: 'finish',
    aliases: ['fin'],
    reverseAliases: ['rfin'],
    summary: 'Go to the end of the enclosing call.',
    reverseSummary: 'Go back to just before the enclosing call began.',
    count: 'LEVELS',
  },
  {
    verb: 'continue',
    aliases: ['c', 'g'],
    reverseAliases: ['rc', 'g-'],
    summary: 'Go on to the next breakpoint or watchpoint, or to the end.',
    reverseSummary: 'Go back to the breakpoint or watchpoint before, or to the start.',
    count: 'STOPS',
  },
];

function counted(verb: Counted, direction: Direction, pair: Pair): CommandSpec {
  const back = direction === 'backward';
  const name = back ? `reverse-${verb}` : verb;
  const usage = `${name} [${pair.count}]`;
  return {
    name,
    aliases: back ? pair.reverseAliases : pair.aliases,
    usage,
    summary: back ? pair.reverseSummary : pair.summary,
    examples: [name, `${name} 3`],
    group: 'moving',
    parse(rest): Command {
      if (/^-[0-9]/.test(rest))
        throw usageError(`"${rest}" is not a count; ${back ? verb : `reverse-${verb}`} goes the other way.`, { usage });
      return { do: verb, count: countOf(rest, { usage }), direction };
    },
  };
}

const gotoUsage = 'goto POSITION';
const untilUsage = 'until SPEC';

function visited(verb: 'back' | 'forward', summary: string): CommandSpec {
  const usage = `${verb} [COUNT]`;
  return {
    name: verb,
    aliases: [],
    usage,
    summary,
    examples: [verb],
    group: 'moving',
    parse: (rest) => ({ do: verb, count: countOf(rest, { usage }) }),
  };
}

function changed(verb: 'last' | 'next-write', aliases: readonly string[], summary: string): CommandSpec {
  const usage = `${verb} [TARGET]`;
  return {
    name: verb,
    aliases,
    usage,
    summary,
    examples: [
      `${verb} slot 0`,
      `${verb} pte 0xffffffffff200000`,
      `${verb} fix FIX_APIC_BASE`,
      `${verb} cr3`,
      `${verb} slots_in_use`,
    ],
    group: 'moving',
    parse: (rest) => ({ do: verb, target: rest }),
  };
}

/** `restart @name`, `restart name` and `run 120` are habits from other debuggers: a bare name is a bookmark. */
export function restartTarget(rest: string): string {
  const known = /^(?:[@#.0-9]|start$|end$|start[+-]|end[+-]|phase:|line:|t\s*=)/;
  return known.test(rest) || rest === '' ? rest : `@${rest}`;
}

const goto: CommandSpec = {
  name: 'goto',
  aliases: ['!tt', 'ugo', 'seek', 'run', 'restart'],
  usage: gotoUsage,
  summary:
    'Go to a position: a number, start, end, end-10, .+5, .-5, 37.5%, @bookmark, phase:NAME, or line:61 of the log or script.',
  examples: ['goto 1204', 'goto end-10', 'goto 37.5%', 'goto @before-leak', 'goto phase:setup_arch', 'goto line:61'],
  group: 'moving',
  parse: (rest) => ({ do: 'goto', to: needed(rest, 'Where to go', { usage: gotoUsage }) }),
};

const until: CommandSpec = {
  name: 'until',
  aliases: ['u', 'advance'],
  usage: untilUsage,
  summary: 'Go on to the first event that a break specification names, once.',
  examples: ['until early_iounmap', 'until slot 3', 'until if slots_in_use == 8', 'until -r pte.written'],
  group: 'moving',
  parse(rest) {
    const back = /^-r\s+/.exec(rest);
    const spec = back ? rest.slice(back[0].length) : rest;
    if (spec === '')
      throw usageError('Where to stop is missing.', { usage: `${untilUsage}, or until -r SPEC to go back` });
    return { do: 'until', spec, direction: back ? 'backward' : 'forward' };
  },
};

export const movingCommands: readonly CommandSpec[] = [
  ...pairs.flatMap((pair) => [counted(pair.verb, 'forward', pair), counted(pair.verb, 'backward', pair)]),
  until,
  goto,
  visited('back', 'Go back to the place visited before.'),
  visited('forward', 'Go to the place that back left.'),
  changed(
    'last',
    [],
    'Go to just after the last event before here that changed something; without TARGET what was asked about last.',
  ),
  changed(
    'next-write',
    ['nw'],
    'Go to just after the next event that changes something; without TARGET what was asked about last.',
  ),
];
