import { crc32 } from 'node:zlib';
import { decodeBatch, type EventBatch } from '@kwind/events';
import {
  decodeSplit,
  decodeSplitStores,
  decodeStores,
  type RawBatch,
  type RowDecoder,
  type SplitBatch,
  type TableStores,
} from '@kwind/events/raw';
import { MAX_BATCH_BYTES, pack, unpack } from './packing.ts';

/*
 * The body of a batch. Since format 2: a byte that says so, the length of the front in four, the front as it is, a
 * CRC-32 of all that, and zstd of the back where it is not empty. Before, zstd of the columns of layout 1; such a body
 * begins with zstd's own mark.
 */
const SPLIT = 2;
const HEAD_BYTES = 5;
const CRC_BYTES = 4;
const NOTHING = Buffer.alloc(0);

/** @returns undefined when no reader would take it, because it is too long */
export function packBatch({ columns, front, back }: SplitBatch): Buffer | undefined {
  if (Math.max(columns.length, front.length, back.length) > MAX_BATCH_BYTES) return undefined;
  const packed = back.length > 0 ? pack(back) : NOTHING;
  const end = HEAD_BYTES + front.length;
  const body = Buffer.allocUnsafe(end + CRC_BYTES + packed.length);
  body[0] = SPLIT;
  body.writeUInt32LE(front.length, 1);
  body.set(front, HEAD_BYTES);
  body.writeUInt32LE(crc32(body.subarray(0, end)), end);
  body.set(packed, end + CRC_BYTES);
  return body;
}

interface Pieces {
  readonly front: Buffer;
  /** Unpacks it. */
  readonly back: () => Buffer;
}

/** @throws Error when the bytes do not match their checksum; undefined for a body of format 1 */
function piecesOf(body: Buffer): Pieces | undefined {
  if (body[0] !== SPLIT) return undefined;
  const end = body.length < HEAD_BYTES ? Infinity : HEAD_BYTES + body.readUInt32LE(1);
  if (end + CRC_BYTES > body.length || crc32(body.subarray(0, end)) !== body.readUInt32LE(end))
    throw new Error('the bytes do not match their checksum');
  const packed = body.subarray(end + CRC_BYTES);
  return {
    front: body.subarray(HEAD_BYTES, end),
    back: () => (packed.length > 0 ? unpack(packed, MAX_BATCH_BYTES) : NOTHING),
  };
}

/** @throws Error when the bytes are damaged */
export function batchIn(body: Buffer, firstSeq: number): EventBatch {
  const pieces = piecesOf(body);
  return pieces
    ? decodeSplit(pieces.front, pieces.back(), firstSeq)
    : decodeBatch(unpack(body, MAX_BATCH_BYTES), firstSeq);
}

/** Event types whose words somebody can do without. */
export interface Skips {
  readonly stores: boolean;
  readonly calls: boolean;
}

/**
 * @param whole see RawBatch
 * @throws Error when the bytes are damaged
 */
export function rowsIn(body: Buffer, decoder: RowDecoder, skips: Skips, whole: () => EventBatch): RawBatch {
  const pieces = piecesOf(body);
  return pieces
    ? decoder.decodeSplit({ ...pieces, whole }, skips)
    : decoder.decode(unpack(body, MAX_BATCH_BYTES), skips.stores);
}

/** @throws Error when the bytes are damaged */
export function storesIn(body: Buffer, firstSeq: number, table: number): TableStores | undefined {
  const pieces = piecesOf(body);
  return pieces
    ? decodeSplitStores(pieces.front, firstSeq, table)
    : decodeStores(unpack(body, MAX_BATCH_BYTES), firstSeq, table);
}
