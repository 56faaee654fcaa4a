import { hex, hex16 } from '@kwind/x86';
import type { BootOutcome, StillMapped } from '../recording/outcome.ts';
import { safe } from '../terminal.ts';
import { countTable } from './info.ts';
import { count, table } from './table.ts';

/** What was recorded, what it left behind. */
export function renderOutcome(outcome: BootOutcome): string[] {
  return [
    `${count(outcome.events, 'event')}:`,
    ...countTable(outcome.types).map((line) => `  ${line}`),
    troubleText(outcome),
    peakText(outcome),
    ...stillMappedLines(outcome.stillMapped),
  ];
}

function peakText({ peakSlots, peakAt, slots }: BootOutcome): string {
  if (peakSlots === 0) return `no early_ioremap slot was used (there are ${slots})`;
  return `peak: ${peakSlots} of ${slots} early_ioremap slots in use, first at #${peakAt}`;
}

function troubleText({ warnings, bugs, faults, types }: BootOutcome): string {
  const raised = types.find(({ type }) => type === 'warn.raised')?.events ?? 0;
  const debug =
    raised > warnings ? ` (${count(raised - warnings, 'WARN')} only print what early_ioremap_debug asks for)` : '';
  if (warnings + bugs + faults === 0) return `no warnings, bugs or faults${debug}`;
  return `${[count(warnings, 'warning'), count(bugs, 'bug'), count(faults, 'fault')].join(', ')}${debug}`;
}

export function stillMappedLines(mapped: readonly StillMapped[]): string[] {
  if (mapped.length === 0) return ['still mapped at the end: nothing'];
  const rows = mapped.map(({ slot, vaddr, phys, size, since, fn, caller, origin }) => [
    String(slot),
    hex16(vaddr),
    hex(phys),
    hex(size),
    `#${since}`,
    safe([fn === '' ? '' : `${fn}()`, caller, origin].filter((text) => text !== '').join('  ')),
  ]);
  const columns = [
    { head: 'slot', align: 'right' },
    { head: 'prev_map' },
    { head: 'phys_addr' },
    { head: 'size' },
    { head: 'since' },
    { head: 'by' },
  ] as const;
  return ['still mapped at the end:', ...table(columns, rows).map((line) => `  ${line}`)];
}
