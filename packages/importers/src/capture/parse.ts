import { ToolError } from '@kwind/x86';
import type { Capture, CaptureCall, CaptureNote } from '@kwind/events';
import { withoutDoubles } from './doubles.ts';
import { tracedFunction } from './functions.ts';
import { parseRecord, type CaptureRecord } from './record.ts';
import { CallTree } from './tree.ts';

export interface CaptureOptions {
  /** What the file is called, for places in it. */
  readonly name: string;
}

/**
 * Read a capture: one JSON object a line, each a call that a tracer saw, or its return.
 *
 * @param text unpacked; blank lines are skipped, and a last line that was cut off is left out with a note
 * @throws ToolError import/format with the line; import/nothing-found when there is no record
 */
export function parseCapture(text: string, { name }: CaptureOptions): Capture {
  const notes: CaptureNote[] = [];
  const records = readRecords(text, name, notes);
  if (records.length === 0) {
    throw new ToolError(
      'import/nothing-found',
      `${name} has no record of a call.`,
      'A capture has one JSON object with "n" and "f" on each line.',
    );
  }
  checkNumbers(records, notes);
  const tree = new CallTree(name, withoutDoubles(records, notes));
  return Object.freeze({
    name,
    calls: tree.top,
    nrRecords: records.length,
    notes: [...notes, ...tree.notes],
    unknown: unknownOf(records),
  });
}

function readRecords(text: string, name: string, notes: CaptureNote[]): readonly CaptureRecord[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const isCut = lines.at(-1)!.trim() !== '';
  const records: CaptureRecord[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const place = { name, line: i + 1 };
    const fallback = (records.at(-1)?.n ?? -1) + 1;
    const isLast = isCut && i === lines.length - 1;
    if (isLast && !isComplete(line)) {
      notes.push({ kind: 'cut', n: -1, text: `line ${i + 1} is cut off; what follows it is not known.` });
      continue;
    }
    const record = parseRecord(line, place, fallback);
    records.push(record);
    if (record.missing.length > 0) notes.push(missingNote(record));
  }
  return records;
}

function isComplete(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

const missingNote = ({ n, line, fn, missing }: CaptureRecord): CaptureNote => ({
  kind: 'missing-key',
  n,
  text: `line ${line}: the record of ${fn} has no ${missing.map((key) => `"${key}"`).join(' and ')}.`,
});

/** Records are numbered without gaps: a gap is a loss, a step back is a mixture. */
function checkNumbers(records: readonly CaptureRecord[], notes: CaptureNote[]): void {
  let expected = 0;
  for (const { n, line, fn } of records) {
    if (n > expected) notes.push({ kind: 'lost-records', n, text: lostText(expected, n, fn) });
    else if (n < expected)
      notes.push({ kind: 'order', n, text: `line ${line}: record ${n} (${fn}) stands after record ${expected - 1}.` });
    if (n >= expected) expected = n + 1;
  }
}

function lostText(from: number, n: number, fn: string): string {
  const range = n - from === 1 ? `record ${from} is` : `records ${from} to ${n - 1} are`;
  return `${range} missing before record ${n} (${fn}).`;
}

function unknownOf(records: readonly CaptureRecord[]): Capture['unknown'] {
  const counts = new Map<string, number>();
  for (const { kind, fn } of records)
    if (kind === 'call' && !tracedFunction(fn)) counts.set(fn, (counts.get(fn) ?? 0) + 1);
  return [...counts].map(([fn, calls]) => ({ fn, calls }));
}

/** Every call of a capture, a caller before what it calls. */
export function* everyCall(calls: readonly CaptureCall[]): Generator<CaptureCall> {
  for (const call of calls) {
    yield call;
    yield* everyCall(call.inner);
  }
}
