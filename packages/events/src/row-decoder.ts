import { BATCH_SIZE, type RawBatch } from './batch.ts';
import { decodeRows } from './codec.ts';
import type { Room } from './row-room.ts';
import { decodeSplitRows, type SplitPieces } from './split-read.ts';

/**
 * Decodes batch after batch into the same arrays, for folding a long stretch: the rows are valid until the next call.
 * The arrays may be longer than the batch; `codes` is not.
 */
export class RowDecoder implements Room {
  skipsStores = false;
  skipsCalls = false;
  readonly #codes = new Uint8Array(BATCH_SIZE);
  readonly #offsets = new Uint32Array(BATCH_SIZE + 1);
  #words = new Uint32Array(8 * BATCH_SIZE);

  /**
   * @param skipsStores leaves the words of stores to entries undefined: for who folds all but the pages
   * @throws ToolError as {@link decodeBatch}
   */
  decode(bytes: Uint8Array, skipsStores = false): RawBatch {
    this.skipsStores = skipsStores;
    return decodeRows(bytes, this);
  }
  /**
   * The same of a batch in two pieces.
   * @param skips what is left undefined; of calls that is all their words, and `whole` of the rows tells them
   * @throws ToolError as {@link decodeSplit}
   */
  decodeSplit(pieces: SplitPieces, skips: { readonly stores: boolean; readonly calls: boolean }): RawBatch {
    this.skipsStores = skips.stores;
    this.skipsCalls = skips.calls;
    return decodeSplitRows(pieces, this);
  }
  codes(length: number): Uint8Array {
    return this.#codes.subarray(0, length);
  }
  offsets(): Uint32Array {
    return this.#offsets;
  }
  words(length: number): Uint32Array {
    if (length > this.#words.length) this.#words = new Uint32Array(2 * length);
    return this.#words;
  }
}
