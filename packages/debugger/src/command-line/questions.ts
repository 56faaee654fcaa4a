import type { Direction } from '@kwind/timeline';
import { didYouMean, ToolError } from '@kwind/x86';
import { infoTopics, type Command, type InfoTopic } from '../protocol.ts';
import { countOf, firstWord, needed, nothing, usageError, type CommandSpec } from './spec.ts';

const topicAliases: Readonly<Record<string, InfoTopic>> = {
  b: 'breakpoints',
  checkpoints: 'bookmarks',
  display: 'displays',
  record: 'summary',
  watchpoints: 'breakpoints',
};
const topicList = infoTopics.join(', ');

/** The topic that a word names or begins. @throws ToolError command/usage */
export function infoTopicOf(word: string): InfoTopic {
  const aliases = Object.keys(topicAliases);
  const names: readonly string[] = [...infoTopics, ...aliases];
  const begun = infoTopics.filter((name) => name.startsWith(word));
  const found = names.includes(word)
    ? [word]
    : begun.length > 0
      ? begun
      : aliases.filter((name) => name.startsWith(word));
  const topics = new Set(found.map((name) => topicAliases[name] ?? (name as InfoTopic)));
  if (topics.size === 1) return [...topics][0]!;
  const what = topics.size === 0 ? `there is no info "${word}".` : `"${word}" may be ${found.join(' or ')}.`;
  throw new ToolError('command/usage', what, didYouMean(word, names, `Topics are ${topicList}.`));
}

const info: CommandSpec = {
  name: 'info',
  aliases: ['i'],
  usage: 'info TOPIC [ARGUMENT]',
  summary: `What the machine is like here: ${topicList}.`,
  examples: ['info slots', 'info fixmap FIX_APIC_BASE', 'info tlb', 'info calls all', 'info event', 'info breakpoints'],
  group: 'questions',
  parse(rest) {
    const [topic, argument] = firstWord(rest);
    return { do: 'info', topic: infoTopicOf(needed(topic, 'The topic', info)), argument };
  },
};

const walk: CommandSpec = {
  name: 'walk',
  aliases: ['pagewalk', 'v2p'],
  usage: 'walk ADDRESS',
  summary: 'Every level of the page tables for an address, and what the TLB would answer instead.',
  examples: ['walk 0xffffffffff200000', 'walk fix FIX_APIC_BASE', 'walk slot 0'],
  group: 'questions',
  parse: (rest) => ({ do: 'walk', address: needed(rest, 'The address', walk) }),
};

const list: CommandSpec = {
  name: 'list',
  aliases: ['l'],
  usage: 'list [POSITION] [COUNT]',
  summary: 'The event here among its neighbours, with their calls.',
  examples: ['list', 'list 120', 'list end 20'],
  group: 'questions',
  parse(rest) {
    const words = rest.split(/\s+/).filter((word) => word !== '');
    if (words.length > 2) throw usageError(`"${rest}" is too much.`, list);
    return { do: 'list', at: words[0] ?? '', count: words[1] === undefined ? 0 : countOf(words[1], list) };
  },
};

/** `x/4gx ADDRESS` */
const examine: CommandSpec = {
  name: 'x',
  aliases: [],
  usage: 'x[/COUNT UNIT FORMAT] ADDRESS',
  summary:
    'Words of a page-table page, the only memory that a trace knows. Units b h w g, formats x d u t and p (an entry, decoded).',
  examples: ['x/4gx 0xffffffff82a3a000', 'x/8gp bm_pte'],
  group: 'questions',
  parse(rest) {
    const match = /^(?:\/\s*([0-9]{0,6})([a-z]*)\s+)?(\S[\s\S]*)$/i.exec(rest);
    if (!match) throw usageError('The address is missing.', examine);
    const letters = [...(match[2] ?? '').toLowerCase()];
    const bad = letters.find((letter) => !'bhwgxdutp'.includes(letter));
    if (bad !== undefined) throw usageError(`"${bad}" is no unit and no format.`, examine);
    const unit = letters.findLast((letter) => 'bhwg'.includes(letter)) ?? 'g';
    const format = letters.findLast((letter) => 'xdutp'.includes(letter)) ?? 'x';
    const count = match[1] === undefined || match[1] === '' ? 1 : Number(match[1]);
    return { do: 'x', address: match[3]!.trim(), count, unit, format };
  },
};

const diff: CommandSpec = {
  name: 'diff',
  aliases: [],
  usage: 'diff POSITION [POSITION]',
  summary: 'What differs in the machine between two positions, or between one and here.',
  examples: ['diff start end', 'diff @before @after', 'diff .-10'],
  group: 'questions',
  parse(rest) {
    const range = /^(\S+?)\.\.(\S+)$/.exec(rest);
    const words = range ? [range[1]!, range[2]!] : rest.split(/\s+/).filter((word) => word !== '');
    if (words.length === 0 || words.length > 2) throw usageError('One or two positions are needed.', diff);
    return { do: 'diff', from: words[0]!, to: words[1] ?? '.' };
  },
};

const search: CommandSpec = {
  name: 'search',
  aliases: ['find'],
  usage: 'search [-r] [-n COUNT] TEXT',
  summary: 'Events that hold a text in a name, a message, a caller or an origin, from here on, or back with -r.',
  examples: ['search acpi', 'search -r "not found slot"', 'search -n 3 0xfee00000'],
  group: 'questions',
  parse(rest) {
    let [direction, count, text]: [Direction, number, string] = ['forward', 20, rest];
    for (;;) {
      const [word, behind] = firstWord(text);
      if (word === '-r') [direction, text] = ['backward', behind];
      else if (word === '-n') {
        const [number, after] = firstWord(behind);
        [count, text] = [countOf(needed(number, 'The count', search), search), after];
      } else break;
    }
    const plain = /^"([\s\S]*)"$/.exec(text)?.[1] ?? text;
    return { do: 'search', text: needed(plain, 'The text', search), direction, count };
  },
};

const each: CommandSpec = {
  name: 'each',
  aliases: ['dprintf'],
  usage: 'each SPEC [if EXPR] [print EXPR; EXPR …]',
  summary:
    'A table of every event that a break specification names, over the whole history, with what expressions came to there.',
  examples: ['each slot.claimed print slot; phys; slots_in_use', 'each early_iounmap', 'each if slots_in_use == 2'],
  group: 'questions',
  parse(rest) {
    const match = /^([\s\S]*?)(?:(?:^|\s+)print\s+([\s\S]+))?$/.exec(rest)!;
    const expressions = (match[2] ?? '')
      .split(';')
      .map((text) => text.trim())
      .filter((text) => text !== '');
    return { do: 'each', spec: needed(match[1]!.trim(), 'Where to look', each), expressions };
  },
};

const mapping: CommandSpec = {
  name: 'vmmap',
  aliases: [],
  usage: 'vmmap [ADDRESS[..ADDRESS]]',
  summary: 'What the page tables map: neighbouring pages merged into runs.',
  examples: ['vmmap', 'vmmap 0xffffffffff000000..'],
  group: 'questions',
  parse: (rest) => ({ do: 'vmmap', range: rest }),
};

function asking(verb: 'history' | 'why', aliases: readonly string[], summary: string): CommandSpec {
  const usage = `${verb} [TARGET]`;
  return {
    name: verb,
    aliases,
    usage,
    summary,
    examples: [
      `${verb} slot 0`,
      `${verb} 0xffffffffff200000`,
      `${verb} pte 0xffffffffff200000`,
      `${verb} fix FIX_APIC_BASE`,
      ...(verb === 'history' ? ['history slots[0].prev_map'] : []),
    ],
    group: 'questions',
    parse: (rest) => ({ do: verb, target: rest }),
  };
}

function plain(name: string, verb: 'when' | 'backtrace', aliases: readonly string[], summary: string): CommandSpec {
  const spec: CommandSpec = {
    name,
    aliases,
    usage: name,
    summary,
    examples: [name],
    group: 'questions',
    parse(rest): Command {
      nothing(rest, spec);
      return { do: verb };
    },
  };
  return spec;
}

const print: CommandSpec = {
  name: 'print',
  aliases: ['inspect'],
  usage: 'print[/x|/d|/t] EXPR',
  summary: 'What an expression comes to here. p EXPR prints too; p alone and p COUNT step as next does.',
  examples: ['print slots[3].prev_map', 'print slots_in_use', 'print pte(0xffffffffff200000).present', 'print/t cr4'],
  group: 'questions',
  parse: (rest) => ({ do: 'print', expression: needed(rest, 'The expression', print) }),
};

const dump: CommandSpec = {
  name: 'ptdump',
  aliases: [],
  usage: 'ptdump',
  summary: "The kernel's own dump of its page tables: markers, merged ranges, flags. vmmap tells the same with frames.",
  examples: ['ptdump'],
  group: 'questions',
  parse(rest) {
    nothing(rest, dump);
    return { do: 'info', topic: 'ptdump', argument: '' };
  },
};

export const questionCommands: readonly CommandSpec[] = [
  plain('when', 'when', [], 'Where the session stands.'),
  info,
  walk,
  mapping,
  dump,
  examine,
  list,
  plain('backtrace', 'backtrace', ['bt', 'where'], 'The kernel calls around the event here.'),
  print,
  asking(
    'history',
    ['hist'],
    'Every value that something had, with the span of positions that each held; without TARGET what was asked about last.',
  ),
  asking(
    'why',
    [],
    'The chain of causes of something: the store, the calls around it, the script or log line; without TARGET what was asked about last.',
  ),
  diff,
  search,
  each,
];
