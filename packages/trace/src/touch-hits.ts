import { BATCH_SIZE, ByteReader } from '@kwind/events';

/** Words of a mask of entries: 512 bits. */
export const MASK_WORDS = 16;

const FULL_BATCH = BATCH_SIZE;

/** Most bytes that one hit takes: its distance, the spans, and of each span two masks and eight bytes of entries. */
export const HIT_BYTES = 5 + 1 + 8 * (2 + 8);

/**
 * Write one hit of a row at `at`: the distance from the hit before (from the group's start for the first), in full
 * batches where it is a multiple of them; which spans of 64 entries are stored to; of each of these, which of its
 * eights, which of those not in full, and the entries of these. So a hit says exactly what is stored to, in a few bytes
 * whether that is one entry, a run, or the whole page. Returns where it ends.
 */
export function writeHit(into: Uint8Array, at: number, distance: number, masks: Uint32Array, from: number): number {
  let rest = distance % FULL_BATCH === 0 ? (distance / FULL_BATCH) * 2 : distance * 2 + 1;
  for (; rest > 0x7f; rest >>>= 7) into[at++] = (rest & 0x7f) | 0x80;
  into[at++] = rest;
  const spansAt = at++;
  let spans = 0;
  for (let span = 0; span < 8; span++) {
    const lo = masks[from + 2 * span]!;
    const hi = masks[from + 2 * span + 1]!;
    if ((lo | hi) === 0) continue;
    spans |= 1 << span;
    const eightsAt = at;
    at += 2;
    let eights = 0;
    let partial = 0;
    for (let eight = 0; eight < 8; eight++) {
      const entries = ((eight < 4 ? lo : hi) >>> (8 * (eight & 3))) & 0xff;
      if (entries === 0) continue;
      eights |= 1 << eight;
      if (entries === 0xff) continue;
      partial |= 1 << eight;
      into[at++] = entries;
    }
    into[eightsAt] = eights;
    into[eightsAt + 1] = partial;
  }
  into[spansAt] = spans;
  return at;
}

/**
 * First seqs of a row's hits, in order: of all, or of those that store to one entry.
 * @throws ToolError event/corrupt when the bytes break off
 */
export function readHits(bytes: Uint8Array, group: number, index?: number): number[] {
  const input = new ByteReader(bytes);
  const hits: number[] = [];
  let firstSeq = group;
  while (!input.atEnd) {
    const distance = input.varint();
    firstSeq += distance & 1 ? distance >>> 1 : (distance >>> 1) * FULL_BATCH;
    const isHit = readMask(input, index);
    if (isHit || index === undefined) hits.push(firstSeq);
  }
  return hits;
}

/** Reads over the mask; true when the entry is in it. */
function readMask(input: ByteReader, index = -1): boolean {
  const spans = input.byte();
  let isHit = false;
  for (let span = 0; span < 8; span++) {
    if ((spans & (1 << span)) === 0) continue;
    const eights = input.byte();
    const partial = input.byte();
    const wanted = span === index >> 6 ? (index >> 3) & 7 : -1;
    if (wanted >= 0 && (eights & ~partial & (1 << wanted)) !== 0) isHit = true;
    for (let eight = 0; eight < 8; eight++) {
      if ((partial & (1 << eight)) === 0) continue;
      const entries = input.byte();
      if (eight === wanted && (entries & (1 << (index & 7))) !== 0) isHit = true;
    }
  }
  return isHit;
}
