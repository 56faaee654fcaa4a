import {
  eventFromJson,
  eventToJson,
  EVENT_SCHEMA,
  type BootEvent,
  type EventBatch,
  type SourceKind,
  type TraceHeader,
  type TraceReader,
} from '@kwind/events';
import { ToolError } from '@kwind/x86';

/** Type of the first line. No event is called so: events are named noun first, with a dot. */
const HEADER_TYPE = 'trace';
const sourceKinds: readonly SourceKind[] = ['script', 'log', 'capture', 'events', 'branch'];

/**
 * A trace as lines of JSON: the header, then each event as {@link eventToJson} prints it.
 * Every 64-bit quantity is a hex string.
 */
export function* ndjsonLines(
  reader: Pick<TraceReader, 'header' | 'length' | 'batchContaining'>,
): Generator<string, void> {
  yield JSON.stringify({ type: HEADER_TYPE, events: reader.length, ...reader.header });
  for (let seq = 0; seq < reader.length;) {
    const batch: EventBatch = reader.batchContaining(seq);
    for (const event of batch) yield JSON.stringify(eventToJson(event));
    seq = batch.firstSeq + batch.length;
  }
}

/** What the lines say. `header` is undefined when they are events alone, as `kwind log --json` prints them. */
export interface NdjsonTrace {
  readonly header: TraceHeader | undefined;
  /** Events in order. Read lazily, so a long file needs no memory for more than its text. */
  readonly events: Iterable<BootEvent>;
}

/**
 * Read back what {@link ndjsonLines} wrote.
 * @param name of the source, for messages: `boot.jsonl:118`
 * @throws ToolError import/format, trace/newer-schema; from the iteration also event/unknown-type and event/bad-field
 */
export function parseNdjson(text: string, name: string): NdjsonTrace {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.trim() !== '');
  if (first < 0) throw new ToolError('import/nothing-found', `${name} is empty.`, 'kwind export writes such files.');
  const json = objectAt(lines, first, name);
  const isHeader = json['type'] === HEADER_TYPE;
  return {
    header: isHeader ? headerOf(json, name) : undefined,
    events: eventsOf(lines, isHeader ? first + 1 : first, name, json),
  };
}

function objectAt(lines: readonly string[], index: number, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(lines[index]!);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, with the place.
  }
  throw new ToolError(
    'import/format',
    `${name}:${index + 1} is not a JSON object.`,
    'A file of events has one object a line; was it cut?',
  );
}

function* eventsOf(
  lines: readonly string[],
  from: number,
  name: string,
  header: Record<string, unknown>,
): Generator<BootEvent, void> {
  let seq = 0;
  for (let i = from; i < lines.length; i++) {
    if (lines[i]!.trim() === '') continue;
    const json = objectAt(lines, i, name);
    if (json['seq'] !== seq) throw misplaced(name, i + 1, seq, json['seq']);
    yield located(name, i + 1, json);
    seq++;
  }
  const expected = header['type'] === HEADER_TYPE ? header['events'] : undefined;
  if (typeof expected === 'number' && seq < expected) {
    throw new ToolError(
      'import/format',
      `${name} ends after ${seq} of ${expected} events.`,
      'The file was cut; export it again.',
    );
  }
}

function misplaced(name: string, line: number, wanted: number, found: unknown): ToolError {
  const what = `${name}:${line} has event ${JSON.stringify(found ?? null)} where event ${wanted} comes next.`;
  return new ToolError('import/format', what, 'A trace needs every event from 0 on, in order.');
}

function located(name: string, line: number, json: unknown): BootEvent {
  try {
    return eventFromJson(json);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    throw new ToolError(error.code, `${name}:${line}: ${error.message}`, error.hint, { cause: error });
  }
}

function headerOf(json: Record<string, unknown>, name: string): TraceHeader {
  const schema = json['eventSchema'];
  if (typeof schema === 'number' && schema > EVENT_SCHEMA) {
    const what = `${name} has events of catalogue ${schema}, this kwind knows up to ${EVENT_SCHEMA}.`;
    throw new ToolError('trace/newer-schema', what, 'Update kwind.');
  }
  const source = json['source'] as { readonly kind?: unknown; readonly name?: unknown } | null | undefined;
  const kind = sourceKinds.find((candidate) => candidate === source?.kind) ?? 'events';
  return {
    eventSchema: EVENT_SCHEMA,
    profile: textOf(json['profile']),
    options: textsOf(json['options']),
    source: { kind, name: textOf(source?.name) },
    kernelVersion: textOf(json['kernelVersion']),
    created: textOf(json['created']),
    recordedBy: textOf(json['recordedBy']),
    notes: textsOf(json['notes']),
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
