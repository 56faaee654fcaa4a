import type { Texts } from './batch.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { corrupt } from './shapes.ts';

/*
 * The texts of a batch as a trace keeps them. Where calls come from is mostly said by a file and a number, so a text is
 * either written out, or as what stands before the number in an earlier one with another number. A token says which:
 * 0 for a text that is written out; 1 for the beginning of the last of those from here on, then the step of the number;
 * n for one more with the same beginning, and n − 2 for the step.
 */

const WRITTEN_OUT = 0;
const OTHER_BEGINNING = 1;
const FIRST_STEP = 2;

/** Longest text that is taken apart. */
const LONGEST = 127;
/** Most digits of a number; with more it would not be exact. */
const MOST_DIGITS = 15;
/** Steps either way are smaller than this. */
const MOST_STEP = 2 ** 29;
const ZERO = 0x30;

const isDigit = (unit: number): boolean => unit >= ZERO && unit <= ZERO + 9;

/** Where the number at the end of a text begins; its length where there is none. A number has no zeroes before it. */
function numberStart(text: string): number {
  const { length } = text;
  if (length > LONGEST) return length;
  let at = length;
  while (at > 0 && length - at < MOST_DIGITS && isDigit(text.charCodeAt(at - 1))) at--;
  while (at < length - 1 && text.charCodeAt(at) === ZERO) at++;
  return at;
}

function numberFrom(text: string, start: number): number {
  let value = 0;
  for (let i = start; i < text.length; i++) value = 10 * value + text.charCodeAt(i) - ZERO;
  return value;
}

/** Whether two texts are the same up to `length`. Spelt out, for startsWith() takes longer than all the rest. */
function beginsAlike(a: string, b: string, length: number): boolean {
  for (let i = 0; i < length; i++) if (a.charCodeAt(i) !== b.charCodeAt(i)) return false;
  return true;
}

const zigzag = (step: number): number => ((step << 1) ^ (step >> 31)) >>> 0;

/** Writes texts one after the other; begin anew for each batch. */
export class TextPacker {
  /** The text whose beginning holds, where its number begins, and the number that came last. */
  #base = '';
  #baseLength = -1;
  #baseValue = 0;
  /** The last text that was written out. */
  #last = '';
  #lastLength = -1;

  put(out: ByteWriter, text: string): void {
    const start = numberStart(text);
    if (start < text.length) {
      const value = numberFrom(text, start);
      if (start === this.#baseLength && beginsAlike(text, this.#base, start)) {
        const step = value - this.#baseValue;
        if (step > -MOST_STEP && step < MOST_STEP) {
          out.varint(zigzag(step) + FIRST_STEP);
          this.#baseValue = value;
          return;
        }
      } else if (start === this.#lastLength && beginsAlike(text, this.#last, start)) {
        const step = value - numberFrom(this.#last, start);
        if (step > -MOST_STEP && step < MOST_STEP) {
          out.varint(OTHER_BEGINNING);
          out.varint(zigzag(step));
          this.#base = this.#last;
          this.#baseLength = start;
          this.#baseValue = value;
          return;
        }
      }
    }
    out.varint(WRITTEN_OUT);
    out.text(text);
    this.#last = text;
    this.#lastLength = start === text.length ? -1 : start;
  }
}

// A mark at the beginning belongs to the text.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** What {@link TextPacker} wrote; each text is made when it is asked for. */
export class PackedTexts implements Texts {
  readonly length: number;
  readonly #bytes: Uint8Array;
  /** Two words a text: where it starts and ends, or the text it begins like plus one, negative, and 0. */
  readonly #places: Int32Array;
  /** The numbers of those that are not written out. */
  readonly #values: Float64Array;
  readonly #made: string[] = [];

  private constructor(bytes: Uint8Array, places: Int32Array, values: Float64Array) {
    this.length = values.length;
    this.#bytes = bytes;
    this.#places = places;
    this.#values = values;
  }

  /**
   * Pass `count` texts.
   * @throws ToolError event/corrupt
   */
  static read(input: ByteReader, count: number): PackedTexts {
    // Each takes a byte at least: a hostile count costs no memory.
    if (count > input.left) throw corrupt(`${count} texts in ${input.left} bytes`);
    const places = new Int32Array(2 * count);
    const values = new Float64Array(count);
    let last = -1;
    let base = -1;
    let value = 0;
    for (let i = 0; i < count; i++) {
      const token = input.varint();
      if (token === WRITTEN_OUT) {
        const length = input.varint();
        places[2 * i] = input.position;
        input.skip(length);
        places[2 * i + 1] = input.position;
        last = i;
        continue;
      }
      if (token === OTHER_BEGINNING) {
        if (last < 0) throw corrupt('a text begins like another, and there is none');
        base = last;
        value = numberAt(input.source, places[2 * base]!, places[2 * base + 1]!);
      } else if (base < 0) throw corrupt('a text goes on from another, and there is none');
      const step = token === OTHER_BEGINNING ? input.varint() : token - FIRST_STEP;
      value += (step >>> 1) ^ -(step & 1);
      if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) throw corrupt(`a text ends in ${value}`);
      places[2 * i] = -1 - base;
      values[i] = value;
    }
    return new PackedTexts(input.source, places, values);
  }

  at(index: number): string | undefined {
    if (index >= this.length) return undefined;
    return (this.#made[index] ??= this.#make(index));
  }

  #make(index: number): string {
    const from = this.#places[2 * index]!;
    if (from >= 0) return decoder.decode(this.#bytes.subarray(from, this.#places[2 * index + 1]));
    const like = this.at(-1 - from)!;
    return like.slice(0, numberStart(like)) + String(this.#values[index]);
  }
}

/** The number at the end of a text in bytes; 0 where there is none, which nobody writes. */
function numberAt(bytes: Uint8Array, from: number, to: number): number {
  let start = to;
  while (start > from && to - start < MOST_DIGITS && isDigit(bytes[start - 1]!)) start--;
  let value = 0;
  for (let at = start; at < to; at++) value = 10 * value + bytes[at]! - ZERO;
  return value;
}
