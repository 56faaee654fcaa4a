import { BATCH_SIZE, ByteReader } from '@kwind/events';

/** A batch that touches something, and the groups of 8 entries that it stores to: bits 0–31 in `lo`, 32–63 in `hi`. */
export interface Hit {
  readonly firstSeq: number;
  readonly lo: number;
  readonly hi: number;
}

const FULL_BATCH = BATCH_SIZE;

/** Most bytes that one hit takes. */
export const HIT_BYTES = 16;

/**
 * Write one hit of a row at `at`: the distance from the hit before (from the group's start for the first), in full
 * batches where it is a multiple of them; which bytes of the mask are not zero; those bytes. Returns where it ends.
 */
export function writeHit(into: Uint8Array, at: number, distance: number, lo: number, hi: number): number {
  let rest = distance % FULL_BATCH === 0 ? (distance / FULL_BATCH) * 2 : distance * 2 + 1;
  for (; rest > 0x7f; rest >>>= 7) into[at++] = (rest & 0x7f) | 0x80;
  into[at++] = rest;
  const presentAt = at++;
  let present = 0;
  for (let byte = 0; byte < 8; byte++) {
    const value = ((byte < 4 ? lo : hi) >>> (8 * (byte & 3))) & 0xff;
    if (value === 0) continue;
    present |= 1 << byte;
    into[at++] = value;
  }
  into[presentAt] = present;
  return at;
}

/** @throws ToolError event/corrupt when the bytes break off */
export function readHits(bytes: Uint8Array, group: number): Hit[] {
  const input = new ByteReader(bytes);
  const hits: Hit[] = [];
  let firstSeq = group;
  while (!input.atEnd) {
    const distance = input.varint();
    firstSeq += distance & 1 ? distance >>> 1 : (distance >>> 1) * FULL_BATCH;
    const present = input.byte();
    let lo = 0;
    let hi = 0;
    for (let byte = 0; byte < 8; byte++) {
      if ((present & (1 << byte)) === 0) continue;
      if (byte < 4) lo |= input.byte() << (8 * byte);
      else hi |= input.byte() << (8 * (byte - 4));
    }
    hits.push({ firstSeq, lo: lo >>> 0, hi: hi >>> 0 });
  }
  return hits;
}

export const hitHasGroup = (hit: Hit, group: number): boolean =>
  (((group < 32 ? hit.lo : hit.hi) >>> (group & 31)) & 1) !== 0;
