import { compileExpression, parseExpression } from '@kwind/state';
import type { EachAnswer, EachRow } from '../answers.ts';
import type { Core } from '../core.ts';
import { happeningOf } from '../explain.ts';
import type { Question } from '../protocol.ts';
import { runToStop } from '../stops/run.ts';
import { tryEvaluate } from '../values.ts';
import { parseBreak } from './stops.ts';

const MOST_ROWS = 1000;

/**
 * What expressions came to at every event of the history that a break specification names, as if they had been printed
 * from the start.
 * @throws ToolError as break does, and expression/* for what is to be printed
 */
export function each(core: Core, { spec, expressions }: Extract<Question, { do: 'each' }>): EachAnswer {
  const wanted = { ...parseBreak(spec, true, core), number: 0, enabled: true, hits: 0, ignore: 0, commands: [] };
  for (const text of expressions) compileExpression(parseExpression(text), core.scope);
  const rows: EachRow[] = [];
  let ended: EachAnswer['ended'] = 'end';
  for (let position = 0; ;) {
    const run = runToStop(core, position, 'forward', [wanted]);
    if (run.kind !== 'hit') {
      if (run.kind === 'interrupted') ended = 'interrupted';
      break;
    }
    if (rows.length === MOST_ROWS) {
      ended = 'full';
      break;
    }
    position = run.seq + 1;
    rows.push(rowAt(core, run.seq, expressions));
  }
  return { type: 'each', at: core.place, what: spec, expressions, rows, ended };
}

function rowAt({ timeline, scope }: Core, seq: number, expressions: readonly string[]): EachRow {
  const event = timeline.event(seq);
  const view = timeline.at(seq + 1).state;
  return {
    ...happeningOf(timeline, seq, view),
    values: expressions.map((text) => tryEvaluate(text, scope, { view, event })),
  };
}
