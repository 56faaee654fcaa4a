import type { Texts } from '@kwind/events/raw';

/** Texts that are remembered at most; a trace can hold any number. */
const MOST_KNOWN = 1 << 16;

/**
 * A number for each text, made once. Neighbouring events say the same few texts again and again, and a batch numbers its
 * own: there the answer is found without the text.
 */
export class TextNumbers {
  readonly #make: (text: string) => number;
  readonly #known = new Map<string, number>();
  #batch: Texts | undefined;
  /** By a text's place in the batch; 0 where nobody asked. */
  #numbers = new Uint32Array(64);

  /** @param make never gives 0 */
  constructor(make: (text: string) => number) {
    this.#make = make;
  }

  of(texts: Texts, index: number): number {
    if (texts !== this.#batch) this.#begin(texts);
    const known = this.#numbers[index]!;
    return known === 0 ? (this.#numbers[index] = this.#find(texts.at(index)!)) : known;
  }

  #begin(texts: Texts): void {
    this.#batch = texts;
    if (texts.length > this.#numbers.length) this.#numbers = new Uint32Array(2 * texts.length);
    else this.#numbers.fill(0, 0, texts.length);
  }

  #find(text: string): number {
    let number = this.#known.get(text);
    if (number !== undefined) return number;
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    number = this.#make(text);
    this.#known.set(text, number);
    return number;
  }
}
