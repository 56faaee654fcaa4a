import { ToolError } from '@kwind/x86';

const corrupt = (what: string): ToolError =>
  new ToolError('event/corrupt', `stored events end or break off: ${what}.`, 'Run kwind verify on the trace.');

const encoder = new TextEncoder();
// A mark at the beginning belongs to the text.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
/** Most letters of a text whose length is one byte. */
const SHORT = 0x7f;

/** LEB128 of an unsigned 32-bit value, for who fills room that was reserved. Returns where it ends. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  while (value > 0x7f) {
    bytes[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  bytes[at++] = value;
  return at;
}

/** Grows as it is written: varints, bytes and strings. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #used = 0;

  /** @param room bytes to begin with */
  constructor(room = 1 << 16) {
    this.#bytes = new Uint8Array(room);
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#used++] = value;
  }
  /** LEB128 of an unsigned 32-bit value. */
  varint(value: number): void {
    this.#room(5);
    this.#used = putVarint(this.#bytes, this.#used, value >>> 0);
  }
  /** Difference of two u32 values, wrapped to 32 bits and zigzagged so that small steps either way are short. */
  delta(value: number, previous: number): void {
    const step = (value - previous) | 0;
    this.varint((step << 1) ^ (step >> 31));
  }
  bytes(value: Uint8Array): void {
    this.#room(value.length);
    this.#bytes.set(value, this.#used);
    this.#used += value.length;
  }
  text(value: string): void {
    this.texts([value]);
  }
  /** Texts one after the other. A short one of ASCII alone, as nearly all are, costs less than an encoder's call. */
  texts(values: { readonly length: number; at(index: number): string | undefined }): void {
    for (let i = 0; i < values.length; i++) {
      const value = values.at(i)!;
      const { length } = value;
      if (length <= SHORT) {
        this.#room(SHORT + 1);
        const bytes = this.#bytes;
        const start = this.#used;
        bytes[start] = length;
        let units = 0;
        for (let unit = 0; unit < length; unit++) {
          const code = value.charCodeAt(unit);
          units |= code;
          bytes[start + 1 + unit] = code;
        }
        if (units <= 0x7f) {
          this.#used = start + 1 + length;
          continue;
        }
      }
      const encoded = encoder.encode(value);
      this.varint(encoded.length);
      this.bytes(encoded);
    }
  }
  /** Room for `count` bytes at the end, for a caller that fills them itself and then says how far it came. */
  reserve(count: number): { readonly bytes: Uint8Array; readonly at: number } {
    this.#room(count);
    return { bytes: this.#bytes, at: this.#used };
  }
  commit(end: number): void {
    this.#used = end;
  }
  /** Bytes written. */
  get length(): number {
    return this.#used;
  }
  /** What was written, without a copy: for reading, until the next byte is written. */
  view(from = 0, to = this.#used): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(from, to);
  }
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#used);
  }

  #room(count: number): void {
    if (this.#used + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#used + count));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Reads what {@link ByteWriter} wrote; damaged input ends in ToolError event/corrupt, never beyond the bytes. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }
  /** The bytes and the place, for a caller that reads by itself and then calls {@link skipTo}. */
  get source(): Uint8Array {
    return this.#bytes;
  }
  get position(): number {
    return this.#at;
  }
  skipTo(position: number): void {
    if (position > this.#bytes.length) throw corrupt(`${position - this.#bytes.length} bytes are missing`);
    this.#at = position;
  }
  byte(): number {
    if (this.#at >= this.#bytes.length) throw corrupt(`no byte at ${this.#at}`);
    return this.#bytes[this.#at++]!;
  }
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw corrupt(`a number at ${this.#at} has no end`);
  }
  delta(previous: number): number {
    const zigzag = this.varint();
    return (previous + ((zigzag >>> 1) ^ -(zigzag & 1))) >>> 0;
  }
  bytes(length: number): Uint8Array {
    this.skip(length);
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
  skip(length: number): void {
    if (length > this.#bytes.length - this.#at)
      throw corrupt(`${length} bytes wanted at ${this.#at}, ${this.#bytes.length - this.#at} left`);
    this.#at += length;
  }
  text(): string {
    return decoder.decode(this.bytes(this.varint()));
  }
}
