import { historyFunctions, historyTables } from '@kwind/query';
import { didYouMean, ToolError } from '@kwind/x86';
import { facts } from '../render/table.ts';
import { modes, type Mode } from './answer.ts';

/** What the commands of the prompt change. */
export interface PromptSettings {
  mode: Mode;
  /** Rows of an answer that are shown; 0 for all. */
  limit: number;
  /** Seconds that a query may take; 0 for no end. */
  timeout: number;
}

/** Tables and functions with their columns, for people. */
export const tableLines = (): string[] => [
  ...historyTables.flatMap(({ name, doc, columns }) => [`${name}(${columns.join(', ')})`, `    ${doc}`]),
  ...historyFunctions.flatMap(({ name, doc, parameters, columns }) => [
    `${name}(${parameters.join(', ')}) -> (${columns.join(', ')})`,
    `    ${doc}`,
  ]),
  'translate(address, pos)',
  '    the physical address that an address translates to at a position, or NULL',
  'address(text)',
  '    an address as the columns hold it: 0x and 16 digits, so that texts compare as unsigned numbers do',
  'plus(address, n), minus(a, b), bits(value, mask)',
  '    sum, difference and the bits of a mask, in 64 bits; the columns are texts, for which + and & mean nothing',
];

interface Dot {
  readonly usage: string;
  readonly doc: string;
  readonly run: (argument: string, settings: PromptSettings) => readonly string[] | 'quit';
}

const refused = (message: string, hint: string): ToolError => new ToolError('command/usage', message, hint);

function schemaOf(name: string): readonly string[] {
  const all = [...historyTables, ...historyFunctions];
  const found = name === '' ? all : all.filter((table) => table.name === name);
  if (found.length === 0)
    throw refused(
      `there is no table "${name}".`,
      didYouMean(
        name,
        all.map((table) => table.name),
        '.tables lists them.',
      ),
    );
  return found.flatMap((table) => {
    const parameters = 'parameters' in table ? `(${table.parameters.join(', ')})` : '';
    const columns = table.columns.map(
      (column) => `  ${column}${table.addresses.includes(column) ? '  -- an address: text of 0x and 16 digits' : ''}`,
    );
    return [`${table.name}${parameters}  -- ${table.doc}`, ...columns];
  });
}

function numberOf(text: string, what: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw refused(`${what} needs a whole number, not "${text}".`, '0 means without end.');
}

const dots: Readonly<Record<string, Dot>> = {
  '.tables': {
    usage: '.tables',
    doc: 'tables and functions with their columns',
    run: () => tableLines(),
  },
  '.schema': { usage: '.schema [NAME]', doc: 'the columns of a table, or of all', run: schemaOf },
  '.mode': {
    usage: '.mode table|csv|json',
    doc: 'how answers are written; alone, how they are now',
    run: (argument, settings) => {
      const mode = modes.find((one) => one === argument);
      if (argument !== '' && mode === undefined)
        throw refused(`there is no mode "${argument}".`, `The modes are ${modes.join(', ')}.`);
      if (mode === undefined) return [settings.mode];
      settings.mode = mode;
      return [];
    },
  },
  '.limit': {
    usage: '.limit ROWS',
    doc: 'show at most so many rows of an answer; 0 shows all',
    run: (argument, settings) => {
      if (argument === '') return [String(settings.limit)];
      settings.limit = numberOf(argument, '.limit');
      return [];
    },
  },
  '.timeout': {
    usage: '.timeout SECONDS',
    doc: 'stop a query after so many seconds; 0 never',
    run: (argument, settings) => {
      if (argument === '') return [String(settings.timeout)];
      settings.timeout = numberOf(argument, '.timeout');
      return [];
    },
  },
  '.help': {
    usage: '.help',
    doc: 'this list',
    run: () => [
      ...facts(Object.values(dots).map(({ usage, doc }) => [usage, doc])),
      ...facts([
        ['^C', 'drop what is typed, or end the query that is running'],
        ['^D', 'leave'],
      ]),
    ],
  },
  '.quit': { usage: '.quit', doc: 'leave; .exit does the same', run: () => 'quit' },
};

/** As they are typed. */
export const dotNames: readonly string[] = [...Object.keys(dots), '.exit'];

/**
 * A command of the prompt.
 * @returns what to print, or that the session ends
 * @throws ToolError command/unknown, command/usage
 */
export function runDot(line: string, settings: PromptSettings): readonly string[] | 'quit' {
  const [word = '', ...rest] = line.trim().replace(/;$/, '').split(/\s+/);
  const name = word === '.exit' ? '.quit' : word;
  const command = Object.hasOwn(dots, name) ? dots[name] : undefined;
  if (!command)
    throw new ToolError(
      'command/unknown',
      `there is no command ${word}.`,
      didYouMean(word, dotNames, '.help lists them.'),
    );
  return command.run(rest.join(' '), settings);
}
