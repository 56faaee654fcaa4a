import { UsageError } from '../exit-code.ts';
import { pathOf } from '../files.ts';
import type { Io } from '../io.ts';
import { positionContext } from '../positions.ts';
import { openTrace, type SqliteTraceReader } from '@kwind/trace';
import { parsePosition } from '@kwind/timeline';
import { bisectByCommand } from './by-command.ts';
import { bisectByExpression, listFlips } from './by-expression.ts';
import { bisectByHand, handActions } from './by-hand.ts';
import type { Subject, Terms } from './subject.ts';

export interface BisectOptions {
  readonly trace: string;
  readonly action?: string | undefined;
  readonly words: readonly string[];
  readonly expr?: string | undefined;
  readonly goodAt: string;
  readonly badAt: string;
  readonly allFlips: boolean;
  readonly termOld: string;
  readonly termNew: string;
  readonly json: boolean;
  readonly bisectExit: boolean;
}

const WORD = /^[a-z][\w-]*$/i;

function termsOf({ termOld, termNew }: BisectOptions): Terms {
  for (const term of [termOld, termNew]) {
    const isTaken = ['start', 'run', 'skip', 'log', 'replay', 'reset'].includes(term);
    if (!WORD.test(term) || isTaken)
      throw new UsageError(`"${term}" cannot be a term.`, 'Choose a word that is no action.');
  }
  if (termOld === termNew) throw new UsageError('the two terms are the same.', 'Choose different words.');
  return { good: termOld, bad: termNew };
}

/**
 * The verb `bisect`.
 * @returns 0 when the position is found (or the step by hand went well), 1 when nothing turns bad, 125 when only skipped
 *          positions are left; with bisectExit 1 when it turns bad and 0 when it stays good
 */
export async function bisectTrace(io: Io, options: BisectOptions): Promise<number> {
  const terms = termsOf(options);
  const reader = openTrace(pathOf(io, options.trace));
  try {
    if (reader.length === 0) throw new UsageError(`${options.trace} has no events.`, 'There is nothing to search.');
    const subject: Subject = {
      io,
      trace: options.trace,
      reader,
      terms,
      json: options.json,
      forGit: options.bisectExit,
      ...endsOf(reader, options),
    };
    const { action, expr, words } = options;
    if (expr !== undefined) {
      if (action !== undefined)
        throw new UsageError(`--expr and ${action} exclude each other.`, 'Give one of the two.');
      return await (options.allFlips ? listFlips(subject, expr) : bisectByExpression(subject, expr));
    }
    if (options.allFlips)
      throw new UsageError('--all-flips needs --expr.', 'A command would run once for each position.');
    if (action === 'run') return await bisectByCommand(subject, words);
    if (action !== undefined) return await bisectByHand(subject, action, words);
    throw new UsageError(
      'say what is good: an expression, a command, or by hand.',
      `kwind bisect ${options.trace} --expr 'warnings == 0', or one of: run, ${handActions(terms).join(', ')}`,
    );
  } finally {
    reader.close();
  }
}

function endsOf(reader: SqliteTraceReader, { goodAt, badAt }: BisectOptions): { good: number; bad: number } {
  const context = positionContext(reader);
  return { good: parsePosition(goodAt, context), bad: parsePosition(badAt, context) };
}
