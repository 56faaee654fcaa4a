import { catalog, codeOfType, eventToJson, isEntryCode, type EventType, type EventView } from '@kwind/events';
import type { History } from './history.ts';
import { everything, type Wanted } from './narrow.ts';
import { wide } from './values.ts';

export type Row = Readonly<Record<string, string | number | null>>;

/** A table over the packed history: its columns, and its rows made as they are asked for. */
export interface HistoryTable {
  readonly name: string;
  readonly doc: string;
  readonly columns: readonly string[];
  /** Those of them that hold addresses and other amounts of 64 bits. */
  readonly addresses: readonly string[];
  /** Those that hold whole numbers; all others are texts. */
  readonly integers: readonly string[];
  /** It can leave out what is not wanted. */
  readonly isNarrowed?: boolean;
  rows(history: History, wanted?: Wanted): Iterable<Row>;
}

const callOf = (event: EventView): number | null => (event.cause < 0 ? null : event.cause);
const entryCodes = catalog.map(({ code }) => code).filter(isEntryCode);
const resourceCodes = catalog.filter(({ type }) => type.startsWith('resource.')).map(({ code }) => code);
const codesOf = (...types: readonly EventType[]): readonly number[] => types.map(codeOfType);

function* events(history: History, wanted: Wanted = everything): Generator<Row> {
  for (const event of history.wanted(wanted)) {
    if (!wanted.data) {
      const { seq, type, depth } = event;
      yield { seq, position: seq + 1, type, call: callOf(event), depth, data: null };
      continue;
    }
    const { seq, type, cause, depth, ...fields } = eventToJson(event);
    yield { seq, position: seq + 1, type, call: cause, depth, data: JSON.stringify(fields) };
  }
}

interface OpenCall {
  readonly row: Row;
  readonly seq: number;
}

/** In the order in which they return; those still open at the end come last. */
function* calls(history: History, { data }: Wanted = everything): Generator<Row> {
  const open: OpenCall[] = [];
  for (const event of history.events('call.entered', 'call.returned')) {
    if (event.type === 'call.entered') {
      const { seq, fn, caller, stack, origin, text, depth } = event;
      const args = data ? JSON.stringify(event.args.map(wide)) : null;
      open.push({ seq, row: { seq, fn, args, text, caller, stack, origin, parent: callOf(event), depth } });
    } else if (event.type === 'call.returned') {
      const call = open.pop();
      if (call) yield { ...call.row, end: event.seq, result: wide(event.result) };
    }
  }
  for (const { row } of open) yield { ...row, end: null, result: null };
}

function* pteWrites(history: History, wanted: Wanted = everything): Generator<Row> {
  for (const event of history.wanted(wanted, entryCodes)) {
    if (!('table' in event && 'index' in event)) continue;
    const { seq, type, table, index, before, after } = event;
    yield {
      seq,
      level: type.slice(0, 3),
      link: type.endsWith('.populated') ? 1 : 0,
      table_addr: wide(BigInt(table) << 12n),
      idx: index,
      before: wide(before),
      after: wide(after),
      call: callOf(event),
    };
  }
}

/** Each use of a slot, from the claim to the release. */
function* slots(history: History): Generator<Row> {
  const live = new Map<number, Row>();
  for (const event of history.events('slot.claimed', 'slot.released')) {
    if (event.type === 'slot.claimed') {
      const { seq, slot, vaddr, phys, size, pages } = event;
      live.set(slot, {
        slot,
        claimed: seq,
        vaddr: wide(vaddr),
        phys: wide(phys),
        size: wide(size),
        pages,
        call: callOf(event),
      });
    } else if (event.type === 'slot.released') {
      const claim = live.get(event.slot);
      if (claim) yield { ...claim, released: event.seq };
      live.delete(event.slot);
    }
  }
  for (const claim of live.values()) yield { ...claim, released: null };
}

function* flushes(history: History, wanted: Wanted = everything): Generator<Row> {
  for (const event of history.wanted(wanted, codesOf('tlb.page-flushed', 'tlb.flushed'))) {
    if (event.type === 'tlb.page-flushed')
      yield { seq: event.seq, scope: 'page', vaddr: wide(event.vaddr), how: event.how, call: callOf(event) };
    else if (event.type === 'tlb.flushed')
      yield { seq: event.seq, scope: event.scope, vaddr: null, how: event.how, call: callOf(event) };
  }
}

function* resources(history: History, wanted: Wanted = everything): Generator<Row> {
  for (const event of history.wanted(wanted, resourceCodes)) {
    const fields = event as unknown as { id: bigint; start?: bigint; end?: bigint; name?: string; parent?: bigint };
    const { id, start, end, name, parent } = fields;
    const address = (value: bigint | undefined): string | null => (value === undefined ? null : wide(value));
    yield {
      seq: event.seq,
      what: event.type.slice('resource.'.length),
      id: wide(id),
      start: address(start),
      end: address(end),
      name: name ?? null,
      parent: address(parent),
      call: callOf(event),
    };
  }
}

function* warnings(history: History, wanted: Wanted = everything): Generator<Row> {
  for (const event of history.wanted(wanted, codesOf('warn.raised', 'bug.raised'))) {
    if (event.type !== 'warn.raised' && event.type !== 'bug.raised') continue;
    const { seq, fn, file, message } = event;
    yield {
      seq,
      kind: event.type.split('.', 1)[0]!,
      fn,
      file,
      message,
      debug: event.type === 'warn.raised' && event.debug ? 1 : 0,
      call: callOf(event),
    };
  }
}

/** The tables that `kwind sql` knows. */
export const historyTables: readonly HistoryTable[] = [
  {
    name: 'events',
    doc: 'every event; data holds its fields as JSON',
    columns: ['seq', 'position', 'type', 'call', 'depth', 'data'],
    integers: ['seq', 'position', 'call', 'depth'],
    addresses: [],
    isNarrowed: true,
    rows: events,
  },
  {
    name: 'calls',
    doc: 'every call, from its begin to its end',
    columns: ['seq', 'end', 'fn', 'args', 'text', 'caller', 'stack', 'origin', 'parent', 'depth', 'result'],
    integers: ['seq', 'end', 'parent', 'depth'],
    addresses: ['result'],
    rows: calls,
  },
  {
    name: 'pte_writes',
    doc: 'every store to a page-table entry',
    columns: ['seq', 'level', 'link', 'table_addr', 'idx', 'before', 'after', 'call'],
    integers: ['seq', 'link', 'idx', 'call'],
    addresses: ['table_addr', 'before', 'after'],
    isNarrowed: true,
    rows: pteWrites,
  },
  {
    name: 'slots',
    doc: 'every use of an early_ioremap slot',
    columns: ['slot', 'claimed', 'released', 'vaddr', 'phys', 'size', 'pages', 'call'],
    integers: ['slot', 'claimed', 'released', 'pages', 'call'],
    addresses: ['vaddr', 'phys', 'size'],
    rows: slots,
  },
  {
    name: 'flushes',
    doc: 'every flush of the TLB',
    columns: ['seq', 'scope', 'vaddr', 'how', 'call'],
    integers: ['seq', 'call'],
    addresses: ['vaddr'],
    isNarrowed: true,
    rows: flushes,
  },
  {
    name: 'resources',
    doc: 'everything that happened to a resource',
    columns: ['seq', 'what', 'id', 'start', 'end', 'name', 'parent', 'call'],
    integers: ['seq', 'call'],
    addresses: ['id', 'start', 'end', 'parent'],
    isNarrowed: true,
    rows: resources,
  },
  {
    name: 'warnings',
    doc: 'every WARN and BUG',
    columns: ['seq', 'kind', 'fn', 'file', 'message', 'debug', 'call'],
    integers: ['seq', 'debug', 'call'],
    addresses: [],
    isNarrowed: true,
    rows: warnings,
  },
];

/**
 * The rows of a table as arrays. Whole numbers come as bigints: a number would be a REAL to SQLite, and 5 print as 5.0.
 * Columns other than those asked for may be null.
 */
export function* valuesOf(
  table: HistoryTable,
  history: History,
  { wanted = everything, columns }: { readonly wanted?: Wanted; readonly columns?: ReadonlySet<string> } = {},
): Generator<unknown[]> {
  const data = columns === undefined ? wanted.data : columns.has('data') || columns.has('args');
  for (const row of table.rows(history, { ...wanted, data }))
    yield table.columns.map((column) => (columns?.has(column) === false ? null : sqlValue(row[column])));
}

export const sqlValue = (value: string | number | null | undefined): string | bigint | null =>
  typeof value === 'number' ? BigInt(value) : (value ?? null);
