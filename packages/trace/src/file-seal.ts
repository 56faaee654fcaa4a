import { createHash, randomBytes, type Hash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';

/*
 * A finished file carries a SHA-256 over all its bytes but the digest's own: in `meta`, key `file`, as 64 hex digits.
 * It is put in after the last close, by writing over a placeholder of the same length at its place in the file. A recorder
 * that dies before that leaves the placeholder, and a file that is whole but not sealed.
 */
export const FILE_SEAL_KEY = 'file';
const LENGTH = 64;
const UNSEALED = 'UNSEALED-';
const CHUNK = 1 << 20;

/** A text that occurs nowhere else, and that no damage to a single byte makes of a digest or a digest of it. */
export const placeholder = (): string =>
  UNSEALED +
  randomBytes(LENGTH)
    .toString('hex')
    .slice(0, LENGTH - UNSEALED.length);

export const isPlaceholder = (text: string): boolean => text.length === LENGTH && text.startsWith(UNSEALED);

/** Write the digest in the placeholder's stead. Nobody has the file open for writing any more. */
export function sealFile(path: string, mark: string): void {
  const file = openSync(path, 'r+');
  try {
    // SQLite may have moved the row and left its old bytes: then there are more places than one, and all get it.
    const places = placesOf(file, mark);
    const digest = digestWithout(file, places);
    for (const at of places) writeSync(file, digest, at, 'latin1');
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Whether the file's bytes are those that `digest`, as it stands in the file, was taken of. */
export function isFileAsSealed(path: string, digest: string): boolean {
  // What else may stand there by damage: an empty text, say, is found everywhere.
  if (!/^[0-9a-f]{64}$/.test(digest)) return false;
  const file = openSync(path, 'r');
  try {
    return digestWithout(file, placesOf(file, digest)) === digest;
  } finally {
    closeSync(file);
  }
}

/** For one piece of a file, which may be all of it. */
const roomFor = (file: number): Buffer => Buffer.allocUnsafe(Math.min(CHUNK, fstatSync(file).size));

/** Where a text stands in the file. */
function placesOf(file: number, text: string): number[] {
  const places: number[] = [];
  const chunk = roomFor(file);
  // Chunks overlap by less than the text, so that each place is found once.
  for (let start = 0; ; start += CHUNK - LENGTH + 1) {
    const read = readSync(file, chunk, 0, chunk.length, start);
    for (let at = -1; (at = chunk.subarray(0, read).indexOf(text, at + 1, 'latin1')) >= 0;) places.push(start + at);
    if (read < CHUNK) return places;
  }
}

/** Digest of all bytes but those of the digest itself. */
function digestWithout(file: number, places: readonly number[]): string {
  const hash = createHash('sha256');
  let at = 0;
  for (const place of places) {
    addBytes(hash, file, at, place);
    at = place + LENGTH;
  }
  addBytes(hash, file, at, Infinity);
  return hash.digest('hex');
}

function addBytes(hash: Hash, file: number, from: number, to: number): void {
  const chunk = roomFor(file);
  for (let at = from; at < to;) {
    const read = readSync(file, chunk, 0, Math.min(chunk.length, to - at), at);
    if (read === 0) return;
    hash.update(chunk.subarray(0, read));
    at += read;
  }
}
