import { mix } from './hash.ts';

/** Seq of a call's entry and of its end, the number of calls up to the end, and all of it as a number. */
const SPAN_WORDS = 4;
const FIRST_CALLS = 256;

const grown = <T extends Uint32Array | Int32Array>(words: T, larger: T): T => {
  larger.set(words);
  return larger;
};

/** The calls of a trace, numbered in the order of their entries. */
export class CallSpans {
  #words = new Uint32Array(SPAN_WORDS * FIRST_CALLS);
  length = 0;

  /** @returns the number of the new call, which ends at its entry so far */
  add(seq: number): number {
    const at = SPAN_WORDS * this.length;
    if (at === this.#words.length) this.#words = grown(this.#words, new Uint32Array(2 * at));
    this.#words[at] = seq;
    this.#words[at + 1] = seq;
    return this.length++;
  }
  /** All calls so far that are younger stand in it. */
  close(call: number, end: number): void {
    this.#words[SPAN_WORDS * call + 1] = end;
    this.#words[SPAN_WORDS * call + 2] = this.length;
  }
  setWhole(call: number, whole: number): void {
    this.#words[SPAN_WORDS * call + 3] = whole;
  }

  entered(call: number): number {
    return this.#words[SPAN_WORDS * call]!;
  }
  end(call: number): number {
    return this.#words[SPAN_WORDS * call + 1]!;
  }
  /** The first call behind it. */
  next(call: number): number {
    return this.#words[SPAN_WORDS * call + 2]!;
  }
  /** 0 for a call that does not count. */
  whole(call: number): number {
    return this.#words[SPAN_WORDS * call + 3]!;
  }
}

/** Of an open call: its number, its key, all of it so far, and how many parts that is. */
const OPEN_WORDS = 4;
const FIRST_OPEN = 64;

/** The calls that are open while a trace is read, each folded up as its parts come. */
export class OpenCalls {
  #words = new Int32Array(OPEN_WORDS * FIRST_OPEN);
  /** Where the words of the innermost call are. */
  #top = -OPEN_WORDS;
  /** Inside a call that does not count. */
  isVoid = false;

  get isEmpty(): boolean {
    return this.#top < 0;
  }
  push(call: number, key: number): void {
    const top = (this.#top += OPEN_WORDS);
    if (top === this.#words.length) this.#words = grown(this.#words, new Int32Array(2 * top));
    this.#words[top] = call;
    this.#words[top + 1] = key;
    this.#words[top + 2] = key;
    this.#words[top + 3] = 0;
    this.isVoid = key === 0;
  }
  /** A part of the innermost call. */
  add(id: number): void {
    const top = this.#top;
    if (top < 0) return;
    const words = this.#words;
    words[top + 2] = mix(words[top + 2]!, id);
    words[top + 3]!++;
  }
  get call(): number {
    return this.#words[this.#top]!;
  }
  get key(): number {
    return this.#words[this.#top + 1]!;
  }
  get whole(): number {
    return this.#words[this.#top + 2]!;
  }
  get parts(): number {
    return this.#words[this.#top + 3]!;
  }
  pop(): void {
    this.#top -= OPEN_WORDS;
    this.isVoid = this.#top >= 0 && this.#words[this.#top + 1] === 0;
  }
}
