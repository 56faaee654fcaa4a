// The other side of engine.ts: answers queries one after the other until its parent goes away or ends it.
import { TraceQuery } from '@kwind/query';
import { openTrace } from '@kwind/trace';
import { ToolError } from '@kwind/x86';
import { LOT } from './answer.ts';
import type { Question, Reply } from './engine.ts';

const reader = openTrace(process.argv[2]!);
const query = new TraceQuery(reader);
let rows: Iterator<readonly unknown[]> | undefined;

const reply = (message: Reply): void => void process.send!(message);

function failed(error: unknown): Reply {
  if (error instanceof ToolError) return { kind: 'failed', code: error.code, message: error.message, hint: error.hint };
  return { kind: 'failed', code: 'internal/invariant', message: String(error), hint: '' };
}

function nextLot(): void {
  const lot: (readonly unknown[])[] = [];
  while (rows && lot.length < LOT) {
    const step = rows.next();
    if (step.done === true) rows = undefined;
    else lot.push(step.value);
  }
  reply({ kind: 'rows', lot, isLast: rows === undefined });
}

process.on('message', (question: Question) => {
  try {
    switch (question.kind) {
      case 'run': {
        const result = query.run(question.sql);
        rows = result.rows[Symbol.iterator]();
        return reply({ kind: 'columns', columns: result.columns });
      }
      case 'more':
        return nextLot();
      case 'stop':
        rows?.return?.();
        rows = undefined;
    }
  } catch (error) {
    rows = undefined;
    reply(failed(error));
  }
});
process.on('disconnect', () => process.exit(0));
reply({ kind: 'ready' });
