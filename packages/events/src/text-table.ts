export const FIELDS = 6;
const FIRST_SLOTS = 1 << 13;
/** Slots that are looked at before a text goes elsewhere: texts made to collide must not make recording slow. */
const PROBES = 32;

/** Some letters of the text: hashing it whole costs more than all else that is done with it. */
function hashOf(text: string): number {
  const { length } = text;
  let hash = length;
  for (let i = Math.max(0, length - 6); i < length; i++) hash = Math.imul(hash, 31) + text.charCodeAt(i);
  hash = Math.imul(hash, 31) + text.charCodeAt(length >> 1);
  return Math.imul(hash ^ (text.charCodeAt(length >> 2) << 8), 0x9e37_79b1);
}

/** The texts of one batch, numbered as they first come. */
export class TextTable {
  /** In the order of their numbers. */
  texts: string[] = [];
  /** Number plus one of the text in each slot, 0 where there is none. */
  #slots = new Uint16Array(FIRST_SLOTS);
  #shift = 32 - Math.log2(FIRST_SLOTS);
  readonly #others = new Map<string, number>();
  /** By field, what it said last, and the number of that: neighbouring events mostly say the same. */
  readonly #last: string[] = [];
  readonly #lastNumbers = new Int32Array(FIELDS).fill(-1);

  /** @param field any number below {@link FIELDS}: texts of one field are likely to be equal */
  numberOf(text: string, field: number): number {
    const last = this.#lastNumbers[field]!;
    if (last >= 0 && this.#last[field] === text) return last;
    this.#last[field] = text;
    return (this.#lastNumbers[field] = this.#find(text));
  }

  /** Begin with none; the texts so far stay with whoever has them. */
  clear(): void {
    this.texts = [];
    this.#slots.fill(0);
    this.#others.clear();
    this.#lastNumbers.fill(-1);
  }

  #find(text: string): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashOf(text) >>> this.#shift;
    for (let probe = 0; probe < PROBES; probe++, slot = (slot + 1) & mask) {
      const number = slots[slot]!;
      if (number === 0) return this.#add(text, slot);
      if (this.texts[number - 1] === text) return number - 1;
    }
    const other = this.#others.get(text);
    if (other !== undefined) return other;
    this.#others.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }

  #add(text: string, slot: number): number {
    const number = this.texts.push(text);
    this.#slots[slot] = number;
    if (2 * number > this.#slots.length) this.#grow();
    return number - 1;
  }

  #grow(): void {
    // Numbers have 16 bits: what a batch can hold beyond them goes elsewhere when the slots are full.
    if (this.#slots.length === 1 << 16) return;
    const texts = this.texts.splice(0);
    this.#slots = new Uint16Array(2 * this.#slots.length);
    this.#shift--;
    this.#others.clear();
    for (const text of texts) this.#find(text);
  }
}
