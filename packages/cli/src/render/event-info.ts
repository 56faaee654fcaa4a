import type { EventInfoView } from '@kwind/debugger';
import { specOfType } from '@kwind/events';
import { hex, hex16 } from '@kwind/x86';
import { safe } from '../terminal.ts';
import { changeText, eventLines } from './stopped.ts';
import type { Style } from './style.ts';
import { facts } from './table.ts';
import { renderBacktrace } from './walk.ts';

/** An event in full: nothing is cut to the width of the screen. */
export function renderEventInfo(view: EventInfoView, style: Style): string[] {
  const wide = { ...style, width: Infinity };
  const [head = ''] = eventLines(view, wide);
  if (view.event === null) return [head];
  const { event, file } = view.event;
  const fields = Object.entries(specOfType(event.type)!.fields).map(([name, kind]): [string, string] => [
    `    ${name}`,
    fieldText((event as unknown as Record<string, unknown>)[name], kind),
  ]);
  return [
    head,
    ...facts([...fields, ...(file === '' ? [] : [['    in', safe(file)] as const])]),
    ...section('calls', view.calls.length === 0 ? [] : renderBacktrace({ ...view, type: 'backtrace' })),
    ...section('changed', view.changes.map(changeText)),
  ];
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `    ${line}`)];

function fieldText(value: unknown, kind: string): string {
  if (Array.isArray(value)) return value.map((one: bigint) => hex(one)).join(' ');
  if (typeof value === 'bigint') return kind === 'vaddr' ? hex16(value) : hex(value);
  if (kind === 'pfn') return hex(BigInt(value as number) << 12n);
  return typeof value === 'string' ? `"${safe(value)}"` : safe(String(value));
}
