import { BATCH_SIZE, type RawBatch } from './batch.ts';
import type { ByteReader } from './bytes.ts';
import type { CodeRuns } from './code-runs.ts';
import { corrupt, shapes } from './shapes.ts';

/** What is read of a batch besides its rows. */
export interface Decoded extends RawBatch {
  readonly openCalls: readonly number[];
}

/** Gives arrays, fresh ones or the same again and again; offsets and words may be longer than asked for. */
export interface Room {
  /** Whether the words of stores to entries are left as they are. */
  readonly skipsStores?: boolean;
  /** Whether those of calls are, where they are kept apart. */
  readonly skipsCalls?: boolean;
  codes(length: number): Uint8Array;
  offsets(length: number): Uint32Array;
  words(length: number): Uint32Array;
}
export const fresh: Room = {
  codes: (length) => new Uint8Array(length),
  offsets: (length) => new Uint32Array(length),
  words: (length) => new Uint32Array(length),
};

/** A count and so many numbers. */
export function readMany(input: ByteReader): number[] {
  const count = input.varint();
  const values: number[] = [];
  // A hostile count runs into the end of the bytes before it costs memory.
  for (let i = 0; i < count; i++) values.push(input.varint());
  return values;
}

/** Elements of each row's list, in the sorted order; for reading lists that stand in several places. */
export class ListCounts {
  readonly #counts = new Uint32Array(BATCH_SIZE);

  /** Of all rows of one event type. */
  read(input: ByteReader, { starts }: CodeRuns, code: number): void {
    let total = 0;
    for (let at = starts[code]!; at < starts[code + 1]!; at++) {
      total += this.#counts[at] = input.varint();
      // Two words an element, each at least a byte in what follows.
      if (2 * total > input.left) throw corrupt(`lists of ${total} values and more`);
    }
  }
  at(row: number): number {
    return this.#counts[row]!;
  }
  /** Put them into the rows of one event type. */
  fill(words: Uint32Array, { starts, places }: CodeRuns, code: number): void {
    const { width } = shapes[code]!;
    for (let at = starts[code]!; at < starts[code + 1]!; at++) words[places[at]! + width] = this.#counts[at]!;
  }
}

/**
 * Fills in code and start of each row, in order and sorted; returns the words they take together.
 * @param widths by code, words of a row without its list
 */
export function placeRows(
  runs: CodeRuns,
  widths: Uint32Array,
  counts: ListCounts | undefined,
  codes: Uint8Array,
  offsets: Uint32Array,
): number {
  const { places, next } = runs;
  let offset = 0;
  let i = 0;
  offsets[0] = 0;
  for (let run = 0; run < runs.count; run++) {
    const code = runs.codes[run]!;
    const end = runs.ends[run]!;
    const width = widths[code]!;
    let at = next[code]!;
    while (i < end) {
      codes[i] = code;
      places[at] = offset;
      offset += width;
      if (counts) offset += 2 * counts.at(at);
      at++;
      offsets[++i] = offset;
    }
    next[code] = at;
  }
  return offset;
}
