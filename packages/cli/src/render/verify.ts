import type { VerifyReport } from '@kwind/trace';
import { safe } from '../terminal.ts';
import { count } from './table.ts';

export function renderVerify(trace: string, report: VerifyReport): string[] {
  const size = `${count(report.events, 'event')} in ${count(report.batches, 'batch', 'batches')}`;
  if (report.ok) {
    const end = report.finished ? '' : '; the recording was not finished, what is there is whole';
    return [`${trace} is intact: ${size}${end}.`];
  }
  const first = report.problems.find((problem) => problem.batch >= 0);
  return [
    `${trace} is damaged.`,
    ...report.problems.map(
      ({ batch, seq, what }) => `  ${batch < 0 ? 'file' : `batch ${batch}, from event ${seq} on`}: ${safe(what)}`,
    ),
    first === undefined
      ? `${size} can still be read.`
      : `The first bad batch is ${first.batch}; the events before ${first.seq} are intact.`,
  ];
}
