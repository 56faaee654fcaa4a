import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import {
  judged,
  nextProbe,
  outcomeOf,
  parsePosition,
  parseRange,
  type Bisection,
  type Span,
  type Verdict,
} from '@kwind/timeline';
import { didYouMean, ToolError } from '@kwind/x86';
import { exitCodes, UsageError } from '../exit-code.ts';
import { pathOf, readInput } from '../files.ts';
import { print } from '../output.ts';
import { positionContext } from '../positions.ts';
import { safe } from '../terminal.ts';
import { placeLines, showResult, type Subject, type Terms } from './subject.ts';

export const handActions = (terms: Terms): readonly string[] => [
  'start',
  terms.good,
  terms.bad,
  'skip',
  'log',
  'replay',
  'reset',
];

/** The state of a search by hand is its log, kept beside the trace; each line is a step that was taken. */
const fileOf = ({ io, trace }: Subject): string => `${pathOf(io, trace)}.bisect`;

interface Search {
  readonly state: Bisection;
  readonly terms: Terms;
  readonly lines: readonly string[];
}

const START = /^start (\d+) (\d+) (\S+) (\S+)$/;
const STEP = /^(\S+) (\d+)(?:\.\.(\d+))?$/;

/** @throws ToolError command/usage when the text is no log of this program, or contradicts itself */
function parseLog(text: string, name: string): Search {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const bad = (line: string): never => {
    throw new ToolError(
      'command/usage',
      `${name} is no log of a search: "${line}".`,
      'kwind bisect TRACE log prints one; reset begins anew.',
    );
  };
  const start = START.exec(lines[0] ?? '') ?? bad(lines[0] ?? '');
  const terms: Terms = { good: start[3]!, bad: start[4]! };
  let state: Bisection = { bad: Number(start[1]), good: Number(start[2]), skipped: [] };
  for (const line of lines.slice(1)) {
    const [, word = '', from = '', to] = STEP.exec(line) ?? bad(line);
    const verdict = verdictOf(word, terms) ?? bad(line);
    state = judged(state, { from: Number(from), to: to === undefined ? Number(from) + 1 : Number(to) }, verdict);
  }
  return { state, terms, lines };
}

function verdictOf(word: string, terms: Terms): Verdict | undefined {
  if (word === terms.good) return 'good';
  if (word === terms.bad) return 'bad';
  return word === 'skip' ? 'skip' : undefined;
}

function load(subject: Subject): Search {
  let text: string;
  try {
    text = readFileSync(fileOf(subject), 'utf8');
  } catch (cause) {
    throw new ToolError('command/usage', 'no search has been started.', `kwind bisect ${subject.trace} start`, {
      cause,
    });
  }
  return parseLog(text, fileOf(subject));
}

function save(subject: Subject, lines: readonly string[]): Search {
  const text = `# kwind bisect log\n${lines.join('\n')}\n`;
  const search = parseLog(text, 'the log');
  try {
    writeFileSync(fileOf(subject), text);
  } catch (cause) {
    throw new ToolError(
      'io/unwritable',
      `${fileOf(subject)} cannot be written: ${(cause as Error).message}.`,
      'Copy the trace to a folder of your own.',
      { cause },
    );
  }
  return search;
}

/** One step of a search by hand. */
export async function bisectByHand(subject: Subject, action: string, words: readonly string[]): Promise<number> {
  switch (action) {
    case 'start':
      return show(subject, start(subject, words));
    case 'log':
      await print(subject.io, ['# kwind bisect log', ...load(subject).lines]);
      return exitCodes.ok;
    case 'reset':
      rmSync(fileOf(subject), { force: true });
      return exitCodes.ok;
    case 'replay': {
      const [file] = words;
      if (file === undefined) throw new UsageError('the file to replay is missing.', 'kwind bisect TRACE replay FILE');
      return show(subject, save(subject, parseLog((await readInput(file, subject.io)).toString('utf8'), file).lines));
    }
    default:
      return show(subject, step(subject, action, words));
  }
}

function start(subject: Subject, words: readonly string[]): Search {
  const context = positionContext(subject.reader);
  const [bad, good] = words;
  const ends = {
    bad: bad === undefined ? subject.bad : parsePosition(bad, context),
    good: good === undefined ? subject.good : parsePosition(good, context),
  };
  if (ends.good >= ends.bad)
    throw new UsageError(
      `the good position ${ends.good} does not come before the bad one ${ends.bad}.`,
      'As with git: start BAD GOOD.',
    );
  return save(subject, [`start ${ends.bad} ${ends.good} ${subject.terms.good} ${subject.terms.bad}`]);
}

function step(subject: Subject, action: string, words: readonly string[]): Search {
  const search = load(subject);
  if (verdictOf(action, search.terms) === undefined) {
    throw new UsageError(
      `bisect has no action "${action}".`,
      didYouMean(action, ['run', ...handActions(search.terms)], `It has run, ${handActions(search.terms).join(', ')}.`),
    );
  }
  const lines = words.length === 0 ? [String(here(search))] : words.map((word) => spanText(spanOf(subject, word)));
  return save(subject, [...search.lines, ...lines.map((text) => `${action} ${text}`)]);
}

function here({ state }: Search): number {
  const at = nextProbe(state);
  if (at !== undefined) return at;
  throw new UsageError('there is nothing left to test.', 'kwind bisect TRACE reset ends the search.');
}

const spanText = ({ from, to }: Span): string => (to === from + 1 ? String(from) : `${from}..${to}`);

function spanOf({ reader }: Subject, word: string): Span {
  const context = positionContext(reader);
  if (word.includes('..')) return parseRange(word, context);
  const from = parsePosition(word, context);
  return { from, to: from + 1 };
}

async function show(subject: Subject, { state, lines, terms }: Search): Promise<number> {
  const at = nextProbe(state);
  if (at === undefined)
    return showResult({ ...subject, terms }, { result: outcomeOf(state), probes: lines.length - 1 });
  const left = state.bad - state.good - 1;
  await print(subject.io, [
    `Test position ${at}: ${left.toLocaleString('en-US')} left, about ${Math.ceil(Math.log2(left + 1))} steps.`,
    ...placeLines(subject, at).map((line) => `  ${line}`),
    `Look at it with: kwind debug ${safe(subject.trace)} --at ${at}`,
  ]);
  return exitCodes.ok;
}
