import type { SummaryView } from '@kwind/debugger';
import { safe } from '../terminal.ts';
import { countTable } from './info.ts';
import { count, facts, grouped } from './table.ts';

export function renderSummary(view: SummaryView): string[] {
  const { at, header, slots, tlb, flushes, trouble } = view;
  return [
    ...facts([
      ['position', `${at.position} of ${at.total} (${at.percent.toFixed(1)}%)`],
      ['phase', safe(view.phase)],
      ['source', safe(`${header.source.kind} ${header.source.name}`)],
      ['kernel', safe(header.kernelVersion) || 'not stated'],
      ['profile', safe([header.profile, ...header.options].join(' '))],
      ['calls', `${grouped(view.calls)}, ${view.openCalls} open`],
      ['tables', count(view.tables, 'page-table page')],
      [
        'slots',
        `${slots.inUse} of ${slots.total} in use; peak ${slots.peak}${slots.peak === 0 ? '' : `, first at #${slots.peakAt}`}`,
      ],
      ['tlb', `${count(tlb.entries, 'entry', 'entries')}, ${tlb.stale} stale`],
      ['flushes', `${count(flushes.pages, 'page')}, ${count(flushes.all, 'whole flush', 'whole flushes')}`],
      [
        'trouble',
        [count(trouble.warnings, 'warning'), count(trouble.bugs, 'bug'), count(trouble.faults, 'fault')].join(', '),
      ],
    ]),
    ...(view.events.length === 0
      ? []
      : ['', ...countTable(view.events.map(({ type, count: events }) => ({ type, events })))]),
  ];
}
