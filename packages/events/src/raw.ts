/**
 * The door for the rooms on the hot path (state, trace, recorder): rows as they are.
 * Typed arrays cannot be frozen, so whoever comes through here promises to read only.
 */
export { rawOf, batchFromRaw, CALL_ENTERED, CALL_RETURNED, type RawBatch, type Texts } from './batch.ts';
export { keepAll, keepSome, type KeptRows } from './kept-rows.ts';
export { RowDecoder } from './row-decoder.ts';
export { splitBatch, type SplitBatch } from './split-codec.ts';
export { decodeSplit, type SplitPieces } from './split-read.ts';
export { putVarint } from './bytes.ts';
export { readColumn, writeColumn } from './columns.ts';
export { movedView, type RowSource } from './view.ts';
export { decodeSplitStores, decodeStores, STORE_WORDS, type MadeTable, type TableStores } from './codec-table.ts';
