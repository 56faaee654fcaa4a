import type { Expectation, ScriptResult } from '@kwind/kernel';
import { safe } from '../terminal.ts';
import { count } from './table.ts';

/** How a script's expectations went, failures in full. */
export function renderScriptRun(result: ScriptResult): string[] {
  const { expectations, stoppedBy } = result;
  const lines = expectations.filter((one) => !one.ok).map(failure);
  if (stoppedBy)
    lines.push(
      safe(
        `${stoppedBy.origin}: the kernel stopped with a BUG in ${stoppedBy.fn}() that the script did not expect: ${stoppedBy.message}`,
      ),
    );
  if (expectations.length > 0) {
    const held = expectations.filter((one) => one.ok).length;
    lines.push(`${held} of ${count(expectations.length, 'expectation')} held`);
  }
  return lines;
}

function failure({ origin, text, times, detail }: Expectation): string {
  const often = times > 1 ? ` (asked ${times} times)` : '';
  return safe(`${origin}: expect ${text} failed${often}. ${detail}`);
}
