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

/** Most digits of a number; with more it would not be exact. */
const MOST_DIGITS = 15;
/** Steps either way are smaller than this. */
const MOST_STEP = 2 ** 29;
const ZERO = 0x30;

const isDigit = (unit: number): boolean => unit >= ZERO && unit <= ZERO + 9;

/** Where the number at the end of a text begins; its length where there is none. A number has no zeroes before it. */
function numberStart(text: string): number {
  const { length } = text;
  let at = length;
  while (at > 0 && length - at < MOST_DIGITS && isDigit(text.charCodeAt(at - 1))) at--;
  while (at < length - 1 && text.charCodeAt(at) === ZERO) at++;
  return at;
}

/** The same of bytes `from` to `to − 1`. */
function numberPlace(bytes: Uint8Array, from: number, to: number): number {
  let at = to;
  while (at > from && to - at < MOST_DIGITS && isDigit(bytes[at - 1]!)) at--;
  while (at < to - 1 && bytes[at] === ZERO) at++;
  return at;
}

function numberAt(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = 10 * value + bytes[at]! - ZERO;
  return value;
}

const zigzag = (step: number): number => ((step << 1) ^ (step >> 31)) >>> 0;

/** A text with a number at its end: its place, that of the number, and the number. */
interface Numbered {
  from: number;
  length: number;
  value: number;
}

/**
 * Write the texts among `texts` that are not left out, each of which stands in `bytes` from `at` on as its length and itself.
 * @param isLeftOut by text
 */
export function packTexts(out: ByteWriter, bytes: Uint8Array, at: number, isLeftOut: Uint8Array, count: number): void {
  // Lengths of −1: nothing begins like them.
  const base: Numbered = { from: 0, length: -1, value: 0 };
  const last: Numbered = { from: 0, length: -1, value: 0 };
  for (let i = 0; i < count; i++) {
    const start = at;
    let length = bytes[at++]!;
    for (let shift = 7; bytes[at - 1]! > 0x7f; shift += 7) length = (length & ~(1 << shift)) | (bytes[at++]! << shift);
    const from = at;
    at += length;
    if (isLeftOut[i] === 1) continue;
    const place = numberPlace(bytes, from, at);
    const value = place === at ? 0 : numberAt(bytes, place, at);
    if (place < at && goesOn(bytes, from, place - from, base, value)) {
      out.varint(zigzag(value - base.value) + FIRST_STEP);
      base.value = value;
    } else if (place < at && goesOn(bytes, from, place - from, last, value)) {
      out.varint(OTHER_BEGINNING);
      out.varint(zigzag(value - last.value));
      base.from = last.from;
      base.length = last.length;
      base.value = value;
    } else {
      out.varint(WRITTEN_OUT);
      out.bytes(bytes.subarray(start, at));
      last.from = from;
      last.length = place === at ? -1 : place - from;
      last.value = value;
    }
  }
}

/** Whether a text of that length less its number begins like an earlier one, with a number not too far from that one's. */
function goesOn(bytes: Uint8Array, from: number, length: number, like: Numbered, value: number): boolean {
  if (length !== like.length || value - like.value <= -MOST_STEP || value - like.value >= MOST_STEP) return false;
  for (let i = 0; i < length; i++) if (bytes[from + i] !== bytes[like.from + i]) return false;
  return true;
}

// A mark at the beginning belongs to the text.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** What {@link packTexts} wrote; each text is made when it is asked for. */
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
        const end = places[2 * base + 1]!;
        value = numberAt(input.source, numberPlace(input.source, places[2 * base]!, end), end);
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
