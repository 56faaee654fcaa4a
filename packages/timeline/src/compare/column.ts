import { codeOfType, type BatchRows, type TraceReader } from '@kwind/events';
import { rawOf } from '@kwind/events/raw';
import { CallSpans, OpenCalls } from './calls.ts';
import type { Canon } from './canon.ts';
import { finish, mix } from './hash.ts';
import type { DiffRange } from './types.ts';

const ENTERED = codeOfType('call.entered');
const RETURNED = codeOfType('call.returned');

/** An event, or a call with everything in it: `id` is equal exactly for what counts as equal. */
export interface Parts {
  readonly ids: Uint32Array;
  /** Absent where part i is event `from + i`. */
  readonly seqs: Uint32Array | undefined;
  readonly from: number;
  /** Number of the call that a part is, plus 1; 0 for an event. Absent where none is a call. */
  readonly calls: Uint32Array | undefined;
}

/** A trace as numbers: one an event (0 for what does not count), and its calls as spans. */
export class Column {
  readonly range: DiffRange;
  /** Of an event; of a call's entry, what makes two calls the same call, whatever happens in them. */
  readonly hashes: Uint32Array;
  readonly calls = new CallSpans();
  /** Events that count. */
  count = 0;

  constructor(reader: TraceReader, canon: Canon, range: DiffRange, only: ReadonlySet<number> | undefined) {
    this.range = range;
    this.hashes = new Uint32Array(range.to - range.from);
    const open = new OpenCalls();
    for (const rows of stretch(reader, range)) this.#read(rows, canon, only, open);
    while (!open.isEmpty) this.#close(open, range.to, only);
  }

  #read({ firstSeq, raw }: BatchRows, canon: Canon, only: ReadonlySet<number> | undefined, open: OpenCalls): void {
    const { from, to } = this.range;
    const { hashes } = this;
    const { rows } = canon;
    const { codes } = raw;
    const end = Math.min(codes.length, to - firstSeq);
    for (let i = Math.max(0, from - firstSeq); i < end; i++) {
      const code = codes[i]!;
      const seq = firstSeq + i;
      if (code === ENTERED) {
        const key = open.isVoid ? 0 : rows.of(raw, i);
        hashes[seq - from] = key;
        open.push(this.calls.add(seq), key);
        this.count++;
        continue;
      }
      // What stands in a call that does not count does not count.
      if (!open.isVoid && (!only || only.has(code))) {
        const hash = rows.of(raw, i);
        if (hash !== 0) {
          hashes[seq - from] = hash;
          open.add(hash);
          this.count++;
        }
      }
      if (code === RETURNED && !open.isEmpty) this.#close(open, seq, only);
    }
  }

  #close(open: OpenCalls, seq: number, only: ReadonlySet<number> | undefined): void {
    const { call, key, whole, parts } = open;
    open.pop();
    this.calls.close(call, Math.min(seq, this.range.to - 1));
    // With only, a call in which nothing of interest happened is none.
    if (key === 0 || (parts === 0 && only && !only.has(ENTERED))) {
      this.hashes[this.calls.entered(call) - this.range.from] = 0;
      this.count--;
      return;
    }
    const id = finish(seq === this.range.to ? mix(whole, 1) : whole);
    this.calls.setWhole(call, id);
    open.add(id);
  }

  /** What stands directly in a call, or (−1) in none. */
  partsOf(call: number): Parts {
    const { from, to } = this.range;
    if (call < 0 && this.calls.length === 0 && this.count === to - from)
      return { ids: this.hashes, seqs: undefined, from, calls: undefined };
    const size = this.#walk(call);
    const parts = { ids: new Uint32Array(size), seqs: new Uint32Array(size), from, calls: new Uint32Array(size) };
    this.#walk(call, parts);
    return parts;
  }

  /** @returns the number of parts, which are put down in `into` if there is room */
  #walk(call: number, into?: { ids: Uint32Array; seqs: Uint32Array; calls: Uint32Array }): number {
    const { calls, hashes } = this;
    const { from, to } = this.range;
    const end = call < 0 ? to : calls.end(call) + 1;
    let inner = call + 1;
    let entry = inner < calls.length ? calls.entered(inner) : to;
    let size = 0;
    for (let seq = call < 0 ? from : calls.entered(call) + 1; seq < end; seq++) {
      const part = seq;
      let id = hashes[seq - from]!;
      let number = 0;
      if (seq === entry) {
        id = calls.whole(inner);
        number = inner + 1;
        seq = calls.end(inner);
        inner = calls.next(inner);
        entry = inner < calls.length ? calls.entered(inner) : to;
      }
      if (id === 0) continue;
      if (into) {
        into.ids[size] = id;
        into.seqs[size] = part;
        into.calls[size] = number;
      }
      size++;
    }
    return size;
  }
}

/** The rows of a range, batch by batch. */
function* stretch(reader: TraceReader, { from, to }: DiffRange): Iterable<BatchRows> {
  if (from >= to) return;
  if (reader.rowsFrom) {
    for (const rows of reader.rowsFrom(from)) {
      yield rows;
      if (rows.firstSeq + rows.length >= to) return;
    }
    return;
  }
  for (let seq = from; seq < to;) {
    const batch = reader.batchContaining(seq);
    yield { firstSeq: batch.firstSeq, length: batch.length, raw: rawOf(batch) };
    seq = batch.firstSeq + batch.length;
  }
}
