import type { Texts } from './batch.ts';
import type { ByteReader } from './bytes.ts';

// A mark at the beginning belongs to the text.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The texts of a stored batch, each read when it is asked for: a fold looks at next to none of them. */
export class StoredTexts implements Texts {
  readonly length: number;
  readonly #bytes: Uint8Array;
  /** Two words a text: where it starts and where it ends. */
  readonly #places: Uint32Array;
  readonly #made: string[] = [];

  private constructor(bytes: Uint8Array, places: Uint32Array) {
    this.length = places.length / 2;
    this.#bytes = bytes;
    this.#places = places;
  }

  /**
   * Pass the texts: how many, then each as its length and its bytes.
   * @throws ToolError event/corrupt
   */
  static read(input: ByteReader): StoredTexts {
    const count = input.varint();
    // Each takes a byte at least: a hostile count runs into the end of the bytes before it costs memory.
    const places = new Uint32Array(2 * Math.min(count, input.left));
    for (let i = 0; i < count; i++) {
      const length = input.varint();
      places[2 * i] = input.position;
      input.skip(length);
      places[2 * i + 1] = input.position;
    }
    return new StoredTexts(input.source, places);
  }

  at(index: number): string | undefined {
    if (index >= this.length) return undefined;
    return (this.#made[index] ??= decoder.decode(
      this.#bytes.subarray(this.#places[2 * index], this.#places[2 * index + 1]),
    ));
  }
}
