import { codeOfType, type BatchRows, type TraceReader } from '@kwind/events';
import { rawOf } from '@kwind/events/raw';
import type { Canon } from './canon.ts';
import { finish, mix, Numbers } from './hash.ts';
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
  /** By the order of their entries: seq of the entry, of the end, the number of calls up to the end, all of it as a number. */
  readonly entered = new Numbers();
  readonly end = new Numbers();
  readonly next = new Numbers();
  readonly whole = new Numbers();
  /** Events that count. */
  count = 0;

  constructor(reader: TraceReader, canon: Canon, range: DiffRange, only: ReadonlySet<number> | undefined) {
    this.range = range;
    this.hashes = new Uint32Array(range.to - range.from);
    const open = new OpenCalls();
    for (const rows of stretch(reader, range)) this.#read(rows, canon, only, open);
    while (open.depth > 0) this.#close(open, range.to, only);
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
        this.#open(open, seq, key);
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
      if (code === RETURNED && open.depth > 0) this.#close(open, seq, only);
    }
  }

  #open(open: OpenCalls, seq: number, key: number): void {
    open.push(this.entered.length, key);
    this.entered.push(seq);
    this.end.push(seq);
    this.next.push(0);
    this.whole.push(0);
    this.count++;
  }

  #close(open: OpenCalls, seq: number, only: ReadonlySet<number> | undefined): void {
    const { call, key, whole, parts } = open.pop();
    this.end.set(call, Math.min(seq, this.range.to - 1));
    this.next.set(call, this.entered.length);
    // With only, a call in which nothing of interest happened is none.
    if (key === 0 || (parts === 0 && only && !only.has(ENTERED))) {
      this.hashes[this.entered.at(call) - this.range.from] = 0;
      this.count--;
      return;
    }
    const id = finish(seq === this.range.to ? mix(whole, 1) : whole);
    this.whole.set(call, id);
    open.add(id);
  }

  /** What stands directly in a call, or (−1) in none. */
  partsOf(call: number): Parts {
    const { from, to } = this.range;
    if (call < 0 && this.entered.length === 0 && this.count === to - from)
      return { ids: this.hashes, seqs: undefined, from, calls: undefined };
    const size = this.#walk(call, () => {});
    const [ids, seqs, calls] = [new Uint32Array(size), new Uint32Array(size), new Uint32Array(size)];
    let i = 0;
    this.#walk(call, (seq, id, inner) => {
      ids[i] = id;
      seqs[i] = seq;
      calls[i++] = inner + 1;
    });
    return { ids, seqs, from, calls };
  }

  #walk(call: number, visit: (seq: number, id: number, call: number) => void): number {
    const { from, to } = this.range;
    const end = call < 0 ? to : this.end.at(call) + 1;
    let inner = call + 1;
    let size = 0;
    for (let seq = call < 0 ? from : this.entered.at(call) + 1; seq < end; seq++) {
      if (inner < this.entered.length && this.entered.at(inner) === seq) {
        const id = this.whole.at(inner);
        if (id !== 0) {
          visit(seq, id, inner);
          size++;
        }
        seq = this.end.at(inner);
        inner = this.next.at(inner);
        continue;
      }
      const id = this.hashes[seq - from]!;
      if (id === 0) continue;
      visit(seq, id, -1);
      size++;
    }
    return size;
  }
}

/** Words of an open call: its number, its key, all of it so far, and how many parts that is. */
const OPEN_WORDS = 4;

/** The calls that are open while a trace is read, each folded up as its parts come. */
class OpenCalls {
  #words = new Int32Array(64 * OPEN_WORDS);
  /** Where the words of the innermost call are. */
  #top = -OPEN_WORDS;
  depth = 0;
  /** Inside a call that does not count. */
  isVoid = false;

  push(call: number, key: number): void {
    this.#top += OPEN_WORDS;
    this.depth++;
    if (this.#top === this.#words.length) {
      const larger = new Int32Array(2 * this.#top);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[this.#top] = call;
    this.#words[this.#top + 1] = key;
    this.#words[this.#top + 2] = key;
    this.#words[this.#top + 3] = 0;
    this.isVoid = key === 0;
  }
  add(id: number): void {
    const top = this.#top;
    if (top < 0) return;
    const words = this.#words;
    words[top + 2] = mix(words[top + 2]!, id);
    words[top + 3]!++;
  }
  pop(): { call: number; key: number; whole: number; parts: number } {
    const top = this.#top;
    const words = this.#words;
    this.#top -= OPEN_WORDS;
    this.depth--;
    this.isVoid = this.depth > 0 && words[this.#top + 1] === 0;
    return { call: words[top]!, key: words[top + 1]!, whole: words[top + 2]!, parts: words[top + 3]! };
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
