import type { CaptureNote } from '@kwind/events';
import type { CaptureRecord } from './record.ts';

const resourceText = ({ resources }: CaptureRecord): string =>
  resources.map(({ pointer, start, end, flags, name }) => `${pointer} ${start} ${end} ${flags} ${name}`).join();

/** Whether a record says the very same as the one right before it: function, arguments, stack and structs. */
export const isTwin = (before: CaptureRecord | undefined, record: CaptureRecord): boolean =>
  before?.kind === 'call' &&
  record.kind === 'call' &&
  record.n === before.n + 1 &&
  record.fn === before.fn &&
  record.name === before.name &&
  record.args.join() === before.args.join() &&
  record.stack.join() === before.stack.join() &&
  resourceText(record) === resourceText(before);

/**
 * Take out calls that the tracer recorded twice. A tracer that stops at a breakpoint and steps over it can stop there again
 * before anything ran. Where it also saw the function return this is certain: a call that has not returned cannot be made
 * once more from the same place. Such a tracer then waits for one return too many, and counts each later one from that
 * place for the call before: those are put right, call by call.
 *
 * A function whose return is never traced keeps both records; what compares them knows what is inside each.
 */
export function withoutDoubles(records: readonly CaptureRecord[], notes: CaptureNote[]): readonly CaptureRecord[] {
  const returning = new Set(records.filter(({ kind }) => kind === 'return').map(({ fn }) => fn));
  const open = new Map<number, CaptureRecord>();
  /** Numbers that stand for a call that has returned, or never was: a return that names one belongs to a later call. */
  const stale = new Map<number, CaptureRecord>();
  const kept: CaptureRecord[] = [];
  let before: CaptureRecord | undefined;
  for (const record of records) {
    if (isTwin(before, record) && returning.has(record.fn)) {
      notes.push({
        kind: 'recorded-twice',
        n: record.n,
        text: `record ${record.n} is record ${before!.n} once more: ${record.fn}() cannot be entered again from the same place before it has returned.`,
      });
      stale.set(record.n, record);
    } else {
      if (record.kind === 'call' && returning.has(record.fn)) open.set(record.n, record);
      kept.push(record.kind === 'return' ? returnOf(record, open, stale) : record);
    }
    before = record;
  }
  return kept;
}

/** A return with the number of the call that it ends; that call is open no more. */
function returnOf(
  record: CaptureRecord,
  open: Map<number, CaptureRecord>,
  stale: Map<number, CaptureRecord>,
): CaptureRecord {
  const named = stale.get(record.of);
  const call = named
    ? [...open.values()].findLast(({ fn, stack }) => fn === record.fn && stack[0] === named.stack[0])
    : open.get(record.of);
  if (!call) return record;
  open.delete(call.n);
  if (!named) return record;
  stale.delete(record.of);
  // The tracer still waits for the return of this one.
  stale.set(call.n, call);
  return { ...record, of: call.n };
}
