/**
 * The door for the rooms on the hot path (state, trace, recorder): rows as they are.
 * Typed arrays cannot be frozen, so whoever comes through here promises to read only.
 */
export { rawOf, batchFromRaw, CALL_ENTERED, CALL_RETURNED, type RawBatch, type Texts } from './batch.ts';
export { RowDecoder } from './codec.ts';
export { readColumn, writeColumn } from './columns.ts';
export { moveView, viewsByCode, type RowSource } from './view.ts';
export { decodeStores, STORE_WORDS, type TableStores } from './codec-table.ts';
