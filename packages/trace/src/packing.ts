import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** What a stored batch may unpack to: far above any real one, so that a hostile file cannot take all memory. */
export const MAX_BATCH_BYTES = 16 << 20;
export const MAX_CHECKPOINT_BYTES = 256 << 20;
export const MAX_PART_BYTES = 1 << 20;

/** About what a batch takes: one piece instead of the many of Node's default of 16 KiB. */
const CHUNK = 1 << 16;

// The frame's own checksum costs next to nothing and lets every reader notice a flipped bit, not only verify.
const compression = {
  chunkSize: CHUNK / 4,
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
};

export const pack = (bytes: Uint8Array): Buffer => zstdCompressSync(bytes, compression);

/** @throws Error when the bytes are damaged or unpack to more than `limit` */
export const unpack = (bytes: Uint8Array, limit: number): Buffer =>
  zstdDecompressSync(bytes, { maxOutputLength: limit, chunkSize: CHUNK });
