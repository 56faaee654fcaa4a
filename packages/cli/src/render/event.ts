import { hex, hex16 } from '@kwind/x86';
import {
  specOfType,
  type BootEvent,
  type EntryEventType,
  type EventOf,
  type EventType,
  type EventView,
  type FieldKind,
  type FieldValues,
} from '@kwind/events';
import { columnsOf, plain, safe, type Paint, type Tint } from '../terminal.ts';
import { e820Describers, resourceDescribers, vmallocDescribers } from './event-machine.ts';
import { count } from './table.ts';

/** What an event's own fields cannot tell: names of tables and the calls around it. */
export interface EventContext {
  /** Symbol of a page-table page, or ''. */
  readonly tableName: (table: number, seq: number) => string;
  /** Name of the struct resource of a pointer, or ''. */
  readonly resourceName: (id: bigint, seq: number) => string;
  /** Functions around the event, outermost first. */
  readonly chain: (event: EventView) => readonly string[];
}

/** Symbol of a page-table page, or its address. */
type TableText = (frame: number) => string;
/** Name of a resource by its pointer, or ''. */
export type NameText = (id: bigint) => string;
type Describer<T extends EventType> = (event: EventOf<T>, table: TableText, nameOf: NameText) => string;
/** One for each type of some families. */
export type Describers<Family extends string> = {
  readonly [T in Extract<EventType, Family | `${Family}.${string}`>]: Describer<T>;
};
type AnyOf<T extends EventType> = T extends EventType ? EventOf<T> : never;

const change = (before: bigint, after: bigint): string => `${hex(before)} -> ${hex(after)}`;

const entry = (event: AnyOf<EntryEventType>, table: TableText): string =>
  `${table(event.table)}[${event.index}]  ${change(event.before, event.after)}`;

const access = (event: AnyOf<'memory.loaded' | 'memory.stored'>): string =>
  `${hex16(event.vaddr)}  phys ${hex(event.phys)} via ${safe(event.via)}${event.stale ? '  STALE' : ''}`;

const trouble = (event: AnyOf<'warn.raised' | 'bug.raised'>): string =>
  `${safe(event.fn)}()  ${safe(event.file)}${event.message === '' ? '' : `  ${safe(event.message)}`}`;

/** Types that read better than their bare fields do; any other is told by {@link fieldsText}. */
const describers: { readonly [T in EventType]?: Describer<T> } = {
  'table.allocated': (event, table) =>
    `${safe(event.level)} table ${hex(BigInt(event.table) << 12n)}${event.name === '' ? '' : `  ${table(event.table)}`}`,
  'pte.written': entry,
  'pmd.written': entry,
  'pud.written': entry,
  'p4d.written': entry,
  'pgd.written': entry,
  'pmd.populated': entry,
  'pud.populated': entry,
  'p4d.populated': entry,
  'pgd.populated': entry,
  'slot.based': (event) => `slot ${event.slot}  ${hex16(event.vaddr)}`,
  'slot.sized': (event) => `slot ${event.slot}  prev_size ${change(event.before, event.after)}`,
  'slot.claimed': (event) =>
    `slot ${event.slot}  ${hex16(event.vaddr)}  phys ${hex(event.phys)} size ${hex(event.size)}, ${count(event.pages, 'page')}`,
  'slot.released': (event) => `slot ${event.slot}  ${hex16(event.vaddr)}  ${count(event.pages, 'page')}`,
  'tlb.page-flushed': (event) => `${hex16(event.vaddr)}  ${safe(event.how)}`,
  'tlb.flushed': (event) => `${safe(event.scope)}  ${safe(event.how)}`,
  'tlb.filled': (event) => `${hex16(event.vaddr)}  phys ${hex(event.phys)} size ${hex(event.size)}`,
  'tlb.evicted': (event) => `${hex16(event.vaddr)}  ${safe(event.reason)}`,
  'memory.loaded': access,
  'memory.stored': access,
  'fault.raised': (event) =>
    `${hex16(event.vaddr)}  ${safe(event.access)} error ${hex(event.error)}  ${safe(event.reason)}`,
  'cr3.loaded': (event) => change(event.before, event.after),
  'cr4.written': (event) => change(event.before, event.after),
  'register.written': (event) => `${safe(event.name)}  ${change(event.before, event.after)}`,
  'variable.set': (event) => `${safe(event.name)}  ${change(event.before, event.after)}`,
  'phase.entered': (event) => safe(event.name),
  'call.entered': (event) => `${callText(event)}${from(event)}`,
  'call.returned': (event) => `${safe(event.fn)}() = ${hex(event.result)}`,
  'warn.raised': trouble,
  'bug.raised': trouble,
  'message.printed': (event) => `${safe(event.level)}  ${safe(event.text)}`,
  ...resourceDescribers,
  ...e820Describers,
  ...vmallocDescribers,
};

/** `early_ioremap(0xf0000, 0x1000)`. */
export function callText(call: {
  readonly fn: string;
  readonly args: readonly bigint[];
  readonly text?: string;
}): string {
  const args = call.args.map((arg) => hex(arg));
  return `${safe(call.fn)}(${[...args, ...(call.text ? [safe(call.text)] : [])].join(', ')})`;
}

function from({ caller, origin }: EventOf<'call.entered'>): string {
  return `${caller === '' ? '' : `  from ${safe(caller)}`}${origin === '' ? '' : `  ${safe(origin)}`}`;
}

/** `start 0xf0000  end 0xfffff  name System ROM`, in the order of the catalogue. */
function fieldsText(event: EventView): string {
  const values = event as unknown as Readonly<Record<string, FieldValues[FieldKind]>>;
  const fields = Object.entries(specOfType(event.type)!.fields);
  const texts = fields.map(([name, kind]) => `${name} ${fieldText(kind, values[name]!)}`);
  return texts.filter((text) => !text.endsWith(' ')).join('  ');
}

function fieldText(kind: FieldKind, value: FieldValues[FieldKind]): string {
  if (Array.isArray(value)) return value.map((one: bigint) => hex(one)).join(' ');
  if (typeof value === 'bigint') return kind === 'vaddr' ? hex16(value) : hex(value);
  return kind === 'pfn' ? hex(BigInt(value as number) << 12n) : safe(String(value));
}

/** The fields of an event as a person reads them, on one line, safe for a terminal. */
export function describeEvent(event: EventView, context: EventContext): string {
  const describe = describers[event.type] as
    | ((event: BootEvent, table: TableText, nameOf: NameText) => string)
    | undefined;
  if (describe === undefined) return fieldsText(event);
  return describe(
    event,
    (frame) => safe(context.tableName(frame, event.seq)) || hex(BigInt(frame) << 12n),
    (id) => safe(context.resourceName(id, event.seq)),
  );
}

const tints: readonly (readonly [RegExp, Tint])[] = [
  [/^(?:bug|fault)\./, 'red'],
  [/^(?:warn|message)\./, 'yellow'],
  [/^call\./, 'cyan'],
  [/^slot\./, 'green'],
  [/^tlb\./, 'magenta'],
  [/\.conflicted$/, 'red'],
];

export function tintType(type: string, paint: Paint): string {
  const tint = tints.find(([pattern]) => pattern.test(type))?.[1];
  return tint === undefined ? type : paint(tint, type);
}

/** As wide as `tlb.page-flushed`, the longest type. */
const TYPE_WIDTH = 16;
/** As wide as a store to an entry of bm_pte. */
const DETAIL_WIDTH = 40;

export interface LineStyle {
  readonly paint: Paint;
  /** Columns to keep to; the chain of calls gives way, the event itself never does. */
  readonly width: number;
  /** Digits of the largest position. */
  readonly digits: number;
}

export const wideStyle: LineStyle = { paint: plain, width: Infinity, digits: 1 };

/** One event on one line: the position that it leads to, type, what happened, the calls around it. `onCut` is told when calls did not fit. */
export function eventLine(
  event: EventView,
  context: EventContext,
  style: LineStyle,
  onCut: () => void = () => {},
): string {
  const detail = describeEvent(event, context);
  const type = tintType(event.type, style.paint) + ' '.repeat(Math.max(0, TYPE_WIDTH - event.type.length));
  const head = `#${String(event.seq + 1).padEnd(style.digits)}  ${type}  `;
  const used = style.digits + 5 + TYPE_WIDTH;
  const chain = context.chain(event).map(safe);
  if (chain.length === 0) return (head + detail).trimEnd();
  const whole = used + DETAIL_WIDTH + 2 + columnsOf(chain.join(BETWEEN)) <= style.width;
  const padded = whole ? detail.padEnd(DETAIL_WIDTH) : detail;
  const shown = innermost(chain, style.width - used - padded.length - 2);
  if (shown.startsWith(LEFT_OUT) || shown === '') onCut();
  return shown === '' ? head + detail : `${head}${padded}  ${style.paint('dim', shown)}`;
}

const BETWEEN = ' > ';
const LEFT_OUT = '…';

/** As many whole names as fit, the innermost first to stay: they say most. */
export function innermost(chain: readonly string[], room: number): string {
  for (let from = 0; from < chain.length; from++) {
    const text = (from === 0 ? '' : LEFT_OUT) + chain.slice(from).join(BETWEEN);
    if (text.length <= room) return text;
  }
  return '';
}
