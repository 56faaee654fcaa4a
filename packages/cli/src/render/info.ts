import { bytesText } from '../files.ts';
import { isBeingRecorded } from '../recording-state.ts';
import { safe } from '../terminal.ts';
import type { TraceSummary } from '../trace-summary.ts';
import { buildName } from './build-name.ts';
import { count, facts, grouped, table } from './table.ts';

export function renderInfo(summary: TraceSummary): string[] {
  const { header } = summary;
  return [
    ...facts([
      ['trace', safe(summary.trace)],
      ['source', `${header.source.kind} ${safe(header.source.name)}`.trimEnd()],
      ['kernel', safe(header.kernelVersion) || 'not stated'],
      ['profile', buildName(header)],
      ['recorded', `${safe(header.created)} by kwind ${safe(header.recordedBy)}`],
      ['state', stateText(summary)],
      ['size', sizeText(summary)],
      ['digest', summary.digest],
    ]),
    ...header.notes.map((note) => `note: ${safe(note)}`),
    '',
    ...countTable(summary.types),
  ];
}

export const countTable = (types: TraceSummary['types']): string[] =>
  table(
    [{ head: 'events', align: 'right' }, { head: 'type' }],
    types.map(({ type, events }) => [grouped(events), type]),
  );

function stateText({ finished, recorder }: TraceSummary): string {
  if (finished) return 'finished';
  if (!isBeingRecorded({ finished, recorder }))
    return `not finished: process ${recorder.pid} was stopped; kwind record SCRIPT --resume goes on, where a script made it`;
  return `not finished: process ${recorder.pid} on ${safe(recorder.host)} is recording it, or was stopped`;
}

function sizeText({ events, batches, bytes }: TraceSummary): string {
  const each = events === 0 ? '' : `, ${(bytes / events).toFixed(1)} bytes an event`;
  return `${count(events, 'event')} in ${count(batches, 'batch', 'batches')}, ${bytesText(bytes)} on disk${each}`;
}
