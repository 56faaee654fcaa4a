import type { CaptureCall, CaptureEnd, CaptureNote } from '@kwind/events';
import { isLeaf, tracedFunction } from './functions.ts';
import type { CaptureRecord } from './record.ts';
import { isWithin, showsSite } from './within.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Building extends Omit<Mutable<CaptureCall>, 'inner'> {
  inner: Building[];
}
interface OpenCall {
  readonly record: CaptureRecord;
  readonly call: Building;
  /** A record further on says where it ends. */
  readonly bracketed: boolean;
  readonly outer: OpenCall | undefined;
}

/**
 * Put calls into each other. Where a return record exists it ends the call; records in between belong to it unless their
 * stacks show that they came another way (another CPU, an interrupt). A call without one ends before the first record whose
 * stack does not show that it came from inside: see {@link isWithin}.
 */
export class CallTree {
  readonly top: Building[] = [];
  readonly notes: CaptureNote[] = [];
  readonly #name: string;
  readonly #bracketed: ReadonlySet<number>;
  readonly #byNumber = new Map<number, Building>();
  #open: OpenCall[] = [];

  constructor(name: string, records: readonly CaptureRecord[]) {
    this.#name = name;
    this.#bracketed = new Set(records.filter(({ kind }) => kind === 'return').map(({ of }) => of));
    for (const record of records) this.#add(record);
    for (const { call } of this.#open) call.end = 'open';
  }

  #add(record: CaptureRecord): void {
    if (record.kind === 'return') return this.#leave(record);
    if (record.kind === 'skip') return this.#skip(record);
    this.#closeBefore(record);
    const call = newCall(this.#name, record);
    const parent = nearest(
      record,
      this.#open.filter((open) => !open.bracketed || contains(open.record, record)),
    );
    (parent ? parent.call.inner : this.top).push(call);
    for (const open of this.#open) open.call.lastRecord = record.n;
    this.#byNumber.set(record.n, call);
    const bracketed = this.#bracketed.has(record.n);
    if (bracketed || !isLeaf(record.fn)) this.#open.push({ record, call, bracketed, outer: parent });
  }

  /** End the calls that nothing brackets and that this record does not come from, and what is open inside them. */
  #closeBefore(record: CaptureRecord): void {
    const at = this.#open.findIndex((open) => !open.bracketed && !goesOn(open.record, record));
    if (at >= 0) this.#open = this.#open.filter((open, i) => i < at || open.bracketed);
  }

  #leave(record: CaptureRecord): void {
    const call = this.#byNumber.get(record.of);
    if (!call || call.end === 'returned') {
      this.#note(
        'return-without-call',
        record.n,
        `record ${record.n} is the return of ${record.fn}() of record ${record.of}, which is not in the capture or has returned already.`,
      );
      return;
    }
    if (call.fn !== record.fn)
      this.#note(
        'order',
        record.n,
        `record ${record.n} is the return of ${record.fn}(), but record ${record.of} is a call of ${call.fn}().`,
      );
    if (call.end !== 'skipped') call.end = 'returned';
    call.result = record.result;
    call.lastRecord = record.n;
    const at = this.#open.findIndex((open) => open.call === call);
    if (at >= 0) this.#open = this.#open.filter((open, i) => i < at || (i > at && open.bracketed));
  }

  #skip(record: CaptureRecord): void {
    const call = this.#byNumber.get(record.of);
    if (!call)
      return this.#note(
        'return-without-call',
        record.n,
        `record ${record.n} skips the call of record ${record.of}, which is not in the capture.`,
      );
    call.end = 'skipped';
    this.#note('skipped', call.n, `the tracer made ${call.fn}() of record ${call.n} return at once.`);
  }

  #note(kind: CaptureNote['kind'], n: number, text: string): void {
    this.notes.push({ kind, n, text });
  }
}

/**
 * Which of the calls that may contain a record does: the one most of whose callers, itself included, show their return
 * address in the record's stack, so that calls on two CPUs are told apart; the innermost of equals.
 */
function nearest(record: CaptureRecord, candidates: readonly OpenCall[]): OpenCall | undefined {
  let [best, most] = [candidates.at(-1), -1];
  for (const open of candidates) {
    const shown = nrShown(record, open);
    if (shown >= most) [best, most] = [open, shown];
  }
  return best;
}

function nrShown(record: CaptureRecord, open: OpenCall): number {
  let nr = 0;
  for (let at: OpenCall | undefined = open; at; at = at.outer) if (showsSite(at.record, record)) nr++;
  return nr;
}

/** A bracketed call has what its bracket has, unless the stack says otherwise. A stack that was not recorded says nothing. */
function contains(call: CaptureRecord, later: CaptureRecord): boolean {
  const within = isWithin(call, later);
  return within === 'yes' || (within === 'unknown' && (later.stack.length === 0 || call.stack.length === 0));
}

/** setup_arch() goes on until a stack shows that its caller has got further; anything else needs a stack that shows it. */
function goesOn(call: CaptureRecord, later: CaptureRecord): boolean {
  const within = isWithin(call, later);
  return within === 'yes' || (within === 'unknown' && tracedFunction(call.fn)?.is === 'phase');
}

function newCall(name: string, record: CaptureRecord): Building {
  const { n, line, fn, args, stack, resources } = record;
  const end: CaptureEnd = 'inferred';
  return {
    n,
    origin: `${name}:${line}`,
    fn,
    args,
    stack,
    resources,
    name: record.name,
    end,
    result: undefined,
    lastRecord: n,
    inner: [],
  };
}
