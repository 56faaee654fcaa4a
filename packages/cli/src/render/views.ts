import type { FixmapView, ProfileView, RegistersView, SlotsView, TlbInfoView, WarningsView } from '@kwind/debugger';
import { hex, hex16 } from '@kwind/x86';
import { safe } from '../terminal.ts';
import { callerLine, callLine, cachedText, entryText } from './happening.ts';
import { shortened, type Style } from './style.ts';
import { count, facts, table } from './table.ts';

export function renderSlots({ slots }: SlotsView, style: Style): string[] {
  const columns = [
    { head: 'slot', align: 'right' },
    { head: 'prev_map' },
    { head: 'prev_size' },
    { head: 'phys_addr' },
    { head: 'pages', align: 'right' },
    { head: 'by' },
  ] as const;
  const used = slots.filter((slot) => style.all || slot.inUse || slot.prevSize !== 0n || slot.presentPages > 0);
  const rows = used.map((slot) => [
    String(slot.slot),
    slot.inUse ? hex16(slot.prevMap) : '-',
    slot.prevSize === 0n && !slot.inUse ? '-' : hex(slot.prevSize),
    slot.inUse ? hex(slot.phys) : '-',
    slot.inUse ? String(slot.pages) : slot.presentPages > 0 ? `${slot.presentPages} left` : '-',
    slot.owner === null ? '' : `#${(slot.claimedBy ?? -1) + 1}  ${callerLine(slot.owner)}`,
  ]);
  const hidden = slots.length - used.length;
  const more =
    hidden === 0
      ? []
      : [
          `(${hidden} free ${hidden === 1 ? 'slot' : 'slots'} that ${hidden === 1 ? 'was' : 'were'} never sized, ${style.allHint} shows them)`,
        ];
  return [...(rows.length === 0 ? ['no slot is in use'] : table(columns, rows, style.width)), ...more];
}

export function renderFixmapView({ rows }: FixmapView, style: Style): string[] {
  const shown = rows.filter((row) => style.all || row.mapped !== null);
  const lines = shown.map((row) => [
    row.first === row.last ? String(row.first) : `${row.first}-${row.last}`,
    safe(row.name),
    hex16(row.lowest),
    row.mapped === null ? '-' : entryText(row.mapped.entry),
  ]);
  const hidden = rows.length - shown.length;
  const more =
    hidden === 0
      ? []
      : [`(${count(hidden, 'row maps', 'rows map')} nothing, ${style.allHint} shows ${hidden === 1 ? 'it' : 'them'})`];
  return [
    ...(lines.length === 0
      ? ['no fixmap index is mapped']
      : table(
          [{ head: 'index', align: 'right' }, { head: 'name' }, { head: 'address' }, { head: 'entry' }],
          lines,
          style.width,
        )),
    ...more,
  ];
}

const TLB_ROWS = 40;

export function renderTlb({ entries }: TlbInfoView, style: Style): string[] {
  if (entries.length === 0) return ['the TLB is empty'];
  const lines = entries.map((entry) => `${cachedText(entry)}  since #${entry.filledBy + 1}`);
  return shortened(lines, TLB_ROWS, 'entries', style);
}

export function renderRegisters({ registers, variables }: RegistersView): string[] {
  return [
    ...table(
      [{ head: 'register' }, { head: 'value' }, { head: 'flags' }],
      registers.map(({ name, value, flags }) => [name, hex16(value), flags]),
    ),
    '',
    ...(variables.length === 0
      ? ['no variable of the kernel has been set']
      : table(
          [{ head: 'variable' }, { head: 'value' }, { head: 'meaning' }],
          variables.map(({ name, value, meaning }) => [safe(name), hex(value), safe(meaning)]),
        )),
  ];
}

export function renderWarnings({ warnings }: WarningsView): string[] {
  if (warnings.length === 0) return ['no warnings, bugs or faults up to here'];
  return warnings.flatMap(({ seq, kind, fn, file, message, calls }) => [
    `#${seq + 1}  ${kind === 'warn' ? 'WARN' : kind === 'bug' ? 'BUG' : 'page fault'} in ${fn === '' ? 'no kernel function' : `${safe(fn)}()`}  ${safe(file)}`.trimEnd(),
    ...(message === '' ? [] : [`    ${safe(message)}`]),
    ...calls.map((call) => `    ${callLine(call)}`),
  ]);
}

export function renderProfile(view: ProfileView): string[] {
  const values = view.values.map(
    ({ name, value }) => [name, typeof value === 'bigint' ? hex(value) : safe(String(value))] as const,
  );
  return [
    `${view.name}: ${view.title}`,
    ...(view.overrides.length === 0 ? [] : [`changed: ${safe(view.overrides.join(' '))}`]),
    ...facts(values),
  ];
}
