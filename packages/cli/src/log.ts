import { codesMatching, eventToJson, type EventView } from '@kwind/events';
import type { SqliteTraceReader } from '@kwind/trace';
import type { PositionRange } from '@kwind/timeline';
import { parseNumber } from '@kwind/x86';
import type { Io } from './io.ts';
import { eventsNamed } from './positions.ts';
import { eventLine } from './render/event.ts';
import { paintFor, widthOf } from './terminal.ts';
import { contextOf } from './trace-names.ts';

export interface LogOptions {
  readonly range: string;
  readonly type?: string | undefined;
  readonly vaddr?: string | undefined;
  readonly reverse: boolean;
  readonly number?: string | undefined;
}

/**
 * The events that the options ask for, found lazily.
 * @throws ToolError position/invalid, event/unknown-type, address/…, number/invalid
 */
export async function selectEvents(reader: SqliteTraceReader, options: LogOptions): Promise<Iterable<EventView>> {
  const range = eventsNamed(options.range, reader);
  const codes = options.type === undefined ? undefined : codesMatching(options.type);
  const limit = options.number === undefined ? Infinity : Number(parseNumber(options.number, '--number'));
  const events = eventsIn(reader, range, codes, options.reverse);
  if (options.vaddr === undefined) return take(events, limit);
  const { concernsAddress } = await import('./address-filter.ts');
  return take(filter(events, concernsAddress(reader, options.vaddr)), limit);
}

/** Batches that hold none of the wanted types are not unpacked. */
function* eventsIn(
  reader: SqliteTraceReader,
  range: PositionRange,
  codes: readonly number[] | undefined,
  reverse: boolean,
): Generator<EventView> {
  const { from, to } = range;
  if (from >= to) return;
  const wanted = codes && new Set(codes);
  for (const firstSeq of firstSeqs(reader, range, codes, reverse)) {
    const batch = reader.batchContaining(firstSeq);
    const low = Math.max(0, from - batch.firstSeq);
    const high = Math.min(batch.length, to - batch.firstSeq);
    for (let k = low; k < high; k++) {
      const i = reverse ? low + high - 1 - k : k;
      if (wanted === undefined || wanted.has(batch.codeAt(i))) yield batch.at(i);
    }
  }
}

function* firstSeqs(
  reader: SqliteTraceReader,
  { from, to }: PositionRange,
  codes: readonly number[] | undefined,
  reverse: boolean,
): Generator<number> {
  if (codes) {
    for (const { firstSeq, length } of reader.batchesWith(
      codes,
      reverse ? to - 1 : from,
      reverse ? 'backward' : 'forward',
    )) {
      if (reverse ? firstSeq + length <= from : firstSeq >= to) return;
      yield firstSeq;
    }
    return;
  }
  for (let seq = reverse ? to - 1 : from; seq >= from && seq < to;) {
    const { firstSeq, length } = reader.batchContaining(seq);
    yield firstSeq;
    seq = reverse ? firstSeq - 1 : firstSeq + length;
  }
}

function* filter(events: Iterable<EventView>, keep: (event: EventView) => boolean): Generator<EventView> {
  for (const event of events) if (keep(event)) yield event;
}

function* take(events: Iterable<EventView>, limit: number): Generator<EventView> {
  let left = limit;
  if (left <= 0) return;
  for (const event of events) {
    yield event;
    if (--left <= 0) return;
  }
}

export interface Listing {
  readonly lines: Iterable<string>;
  /** Whether a line was cut; known once the lines have been taken. */
  readonly shortened: () => boolean;
}

export function logLines(
  io: Io,
  reader: SqliteTraceReader,
  events: Iterable<EventView>,
  options: { readonly json: boolean; readonly wide: boolean },
): Listing {
  let cuts = 0;
  if (options.json)
    return { lines: map(events, (event) => JSON.stringify(eventToJson(event))), shortened: () => false };
  const context = contextOf(reader);
  const style = {
    paint: paintFor(io),
    width: options.wide ? Infinity : widthOf(io),
    digits: String(reader.length).length,
  };
  const line = (event: EventView): string => eventLine(event, context, style, () => cuts++);
  return { lines: map(events, line), shortened: () => cuts > 0 };
}

function* map<T>(values: Iterable<T>, change: (value: T) => string): Generator<string> {
  for (const value of values) yield change(value);
}
