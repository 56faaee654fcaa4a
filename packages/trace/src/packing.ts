import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** What a stored batch may unpack to: far above any real one, so that a hostile file cannot take all memory. */
export const MAX_BATCH_BYTES = 16 << 20;
export const MAX_CHECKPOINT_BYTES = 256 << 20;
export const MAX_PART_BYTES = 256 << 20;

/** What the calls of a packed batch take mostly: one piece instead of many, and little memory for the collector. */
const CHUNK = 1 << 12;
/** Room for what is unpacked, at first and at most. */
const FIRST_ROOM = 1 << 15;
const MOST_ROOM = 1 << 18;

// The frame's own checksum costs next to nothing and lets every reader notice a flipped bit, not only verify.
const compression = {
  chunkSize: CHUNK,
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
};

export const pack = (bytes: Uint8Array): Buffer => zstdCompressSync(bytes, compression);

/** Neighbouring batches unpack to about as much: with room for it at once no second piece is made and joined to the first. */
let room = FIRST_ROOM;

/** @throws Error when the bytes are damaged or unpack to more than `limit` */
export function unpack(bytes: Uint8Array, limit: number): Buffer {
  const unpacked = zstdDecompressSync(bytes, { maxOutputLength: limit, chunkSize: room });
  room = Math.min(MOST_ROOM, Math.max(CHUNK, unpacked.length + (unpacked.length >> 2)));
  return unpacked;
}

const AS_IT_IS = 0;
const PACKED = 1;

/** A part of a checkpoint: how it is stored, its bytes, and for those that are not packed a checksum at the end. */
export function packPart({ bytes, dense = false }: { readonly bytes: Uint8Array; readonly dense?: boolean }): Buffer {
  if (!dense) return Buffer.concat([Buffer.of(PACKED), pack(bytes)]);
  const stored = Buffer.allocUnsafe(bytes.length + 5);
  stored[0] = AS_IT_IS;
  stored.set(bytes, 1);
  stored.writeUInt32LE(crc32(bytes), bytes.length + 1);
  return stored;
}

/** @throws Error when the bytes are damaged or unpack to too many */
export function unpackPart(stored: Buffer): Buffer {
  if (stored[0] === PACKED) return unpack(stored.subarray(1), MAX_PART_BYTES);
  const end = stored.length - 4;
  const bytes = stored.subarray(1, Math.max(1, end));
  if (stored[0] !== AS_IT_IS || end < 1 || crc32(bytes) !== stored.readUInt32LE(end))
    throw new Error('the bytes do not match their checksum');
  return bytes;
}
