import { crc32 } from 'node:zlib';
import { decodeBatch, type EventBatch, type SkippedWords } from '@kwind/events';
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
 * The body of a batch. Since format 2: a byte that says how the front lies there, its length in four, the front as it is or as
 * zstd, a CRC-32 of all that, and zstd of the back where it is not empty. Before, zstd of the columns of layout 1; such a
 * body begins with zstd's own mark.
 */
const FRONT_AS_IT_IS = 2;
const FRONT_PACKED = 3;
const HEAD_BYTES = 5;
const CRC_BYTES = 4;
const NOTHING = Buffer.alloc(0);

/** A front up to this long lies there as it is: unpacking it would take longer than all else that a fold does with it. */
const SHORT_FRONT = 2048;
/** A longer one is packed where that makes it so many times shorter; where it did not, so many batches later it is tried again. */
const PAYS = 2;
const RETRY = 64;
/** Of a front that lies there as it is, what packing it would save. */
const PACKS_AWAY = 3 / 8;

export interface PackedBatch {
  readonly body: Buffer;
  /** Its length, as if all of it were packed: what checkpoints are weighed against. */
  readonly weight: number;
}

/** Makes the bodies of a trace's batches, one after the other. */
export class BatchPacker {
  /** Batches for which packing the front is not tried. */
  #waits = 0;

  /** @returns undefined when no reader would take it, because it is too long */
  pack({ columns, front, back }: SplitBatch): PackedBatch | undefined {
    if (Math.max(columns.length, front.length, back.length) > MAX_BATCH_BYTES) return undefined;
    const packedFront = this.#packedFront(front);
    const stored = packedFront ?? front;
    const packedBack = back.length > 0 ? pack(back) : NOTHING;
    const end = HEAD_BYTES + stored.length;
    const body = Buffer.allocUnsafe(end + CRC_BYTES + packedBack.length);
    body[0] = packedFront ? FRONT_PACKED : FRONT_AS_IT_IS;
    body.writeUInt32LE(stored.length, 1);
    body.set(stored, HEAD_BYTES);
    body.writeUInt32LE(crc32(body.subarray(0, end)), end);
    body.set(packedBack, end + CRC_BYTES);
    return { body, weight: body.length - (packedFront ? 0 : PACKS_AWAY * front.length) };
  }

  #packedFront(front: Uint8Array): Buffer | undefined {
    if (front.length <= SHORT_FRONT) return undefined;
    if (this.#waits > 0) {
      this.#waits--;
      return undefined;
    }
    const packed = pack(front);
    if (PAYS * packed.length < front.length) return packed;
    this.#waits = RETRY;
    return undefined;
  }
}

interface Pieces {
  readonly front: Buffer;
  /** Unpacks it. */
  readonly back: () => Buffer;
}

/** @throws Error when the bytes do not match their checksum; undefined for a body of format 1 */
function piecesOf(body: Buffer): Pieces | undefined {
  if (body[0] !== FRONT_AS_IT_IS && body[0] !== FRONT_PACKED) return undefined;
  const end = body.length < HEAD_BYTES ? Infinity : HEAD_BYTES + body.readUInt32LE(1);
  if (end + CRC_BYTES > body.length || crc32(body.subarray(0, end)) !== body.readUInt32LE(end))
    throw new Error('the bytes do not match their checksum');
  const packed = body.subarray(end + CRC_BYTES);
  const front = body.subarray(HEAD_BYTES, end);
  return {
    front: body[0] === FRONT_PACKED ? unpack(front, MAX_BATCH_BYTES) : front,
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

/**
 * @param whole see RawBatch
 * @throws Error when the bytes are damaged
 */
export function rowsIn(
  body: Buffer,
  decoder: RowDecoder,
  skips: Required<SkippedWords>,
  whole: () => EventBatch,
): RawBatch {
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
