import type { EventBatch } from '@kwind/events';
import { TouchSet } from './touch.ts';
import { HIT_BYTES, writeHit } from './touch-hits.ts';

/** Batches whose touches are stored together. More make a smaller index, and a longer tail that a killed recorder leaves without one. */
export const BATCHES_A_GROUP = 64;

const scratch = new Uint8Array(BATCHES_A_GROUP * HIT_BYTES);

/** One row of the touch index. */
export interface TouchRow {
  readonly key: number;
  readonly hits: Uint8Array;
}

/** Collects what the batches of one group touch. Hits are chained by key in growing typed arrays: there may be thousands a batch. */
export class TouchGroup {
  readonly #set = new TouchSet();
  readonly #heads = new Map<number, number>();
  readonly #tails = new Map<number, number>();
  #hits = new Uint32Array(4 * 1024);
  #count = 0;
  #seqs: number[] = [];

  get batches(): number {
    return this.#seqs.length;
  }
  get firstSeq(): number {
    return this.#seqs[0] ?? 0;
  }

  add(batch: EventBatch): void {
    this.#set.collect(batch);
    const { keys, masks } = this.#set;
    for (let i = 0; i < keys.length; i++) this.#chain(keys[i]!, masks[2 * i]!, masks[2 * i + 1]!);
    this.#seqs.push(batch.firstSeq);
  }

  /** Count a batch whose touches are not known. */
  skip(firstSeq: number): void {
    this.#seqs.push(firstSeq);
  }

  /** The rows in order of their keys; the group is empty afterwards. */
  take(): TouchRow[] {
    const keys = [...this.#heads.keys()].sort((a, b) => a - b);
    const rows = keys.map((key) => ({ key, hits: this.#hitsOf(key) }));
    this.#heads.clear();
    this.#tails.clear();
    this.#count = 0;
    this.#seqs = [];
    return rows;
  }

  // A hit is four words: number of its batch in the group, both halves of its mask, the key's next hit (0: none).
  #chain(key: number, lo: number, hi: number): void {
    const hit = this.#count++;
    if (4 * this.#count > this.#hits.length) {
      const grown = new Uint32Array(this.#hits.length * 2);
      grown.set(this.#hits);
      this.#hits = grown;
    }
    this.#hits[4 * hit] = this.#seqs.length;
    this.#hits[4 * hit + 1] = lo;
    this.#hits[4 * hit + 2] = hi;
    this.#hits[4 * hit + 3] = 0;
    const tail = this.#tails.get(key);
    if (tail === undefined) this.#heads.set(key, hit);
    else this.#hits[4 * tail + 3] = hit;
    this.#tails.set(key, hit);
  }

  #hitsOf(key: number): Uint8Array {
    let end = 0;
    let previous = this.firstSeq;
    let hit = this.#heads.get(key)!;
    do {
      const seq = this.#seqs[this.#hits[4 * hit]!]!;
      end = writeHit(scratch, end, seq - previous, this.#hits[4 * hit + 1]!, this.#hits[4 * hit + 2]!);
      previous = seq;
      hit = this.#hits[4 * hit + 3]!;
    } while (hit !== 0);
    return scratch.slice(0, end);
  }
}
