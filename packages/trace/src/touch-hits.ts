import { ToolError } from '@kwind/x86';
import { BATCH_SIZE, ByteReader } from '@kwind/events';
import { putVarint } from '@kwind/events/raw';

/*
 * A row of the touch index: in which batches of a group a page is stored to, and to which of its entries. Each batch is
 * a hit: its distance from the hit before (from the group's start for the first), then the entries, in one of two forms:
 *
 *   runs     two bytes each: 9 bits of the first entry, 7 of the length less one; 127 says that two more bytes hold that
 *   a mask   which spans of 64 entries; of each of these, which of its eights, which of those not in full, and their entries
 *
 * So a hit says exactly what is stored to, in a few bytes whether that is one entry, a run, or the whole page.
 */

/** Words of a mask of entries: 512 bits. */
export const MASK_WORDS = 16;
const ENTRIES = 512;
const FULL_BATCH = BATCH_SIZE;

/** Runs that take less room than a mask: those of a hit with more are not listed. */
const MOST_RUNS = 8;
const LONG_RUN = 0x7f;
/** In the low bits of a hit's first number, above which its distance stands: a mask, one run, two, or as many as a byte says. */
const MASK = 0;
const MANY = 3;

/** Most bytes that one hit takes: its distance, the spans, and of each span two masks and eight bytes of entries. */
export const HIT_BYTES = 5 + 1 + 8 * (2 + 8);

/** What a row begins with; in rows before there were runs a number stands there, which never has a zero as its last byte. */
export const ROW_MARK: readonly number[] = [0x80, 0];

/** Starts and lengths of the runs in the mask at hand. */
const runs = new Uint16Array(2 * MOST_RUNS);

/** Writes one hit of a row at `at` and returns where it ends. `from` is where the entries begin in `masks`, and there is one at least. */
export function writeHit(into: Uint8Array, at: number, distance: number, masks: Uint32Array, from: number): number {
  const count = findRuns(masks, from);
  const kind = count > MOST_RUNS ? MASK : Math.min(count, MANY);
  at = putVarint(into, at, distanceCode(distance) * 4 + kind);
  if (kind === MASK) return putMask(into, at, masks, from);
  if (kind === MANY) into[at++] = count;
  for (let i = 0; i < count; i++) {
    const start = runs[2 * i]!;
    const length = runs[2 * i + 1]! - 1;
    const word = start | (Math.min(length, LONG_RUN) << 9);
    into[at++] = word & 0xff;
    into[at++] = word >> 8;
    if (length < LONG_RUN) continue;
    into[at++] = length & 0xff;
    into[at++] = length >> 8;
  }
  return at;
}

/** Counts the runs in a mask and notes where they are, up to one more than can be listed. */
function findRuns(masks: Uint32Array, from: number): number {
  let count = 0;
  /** Entry at which the open run began, −1 between two. */
  let start = -1;
  for (let word = 0; word < MASK_WORDS; word++) {
    const bits = masks[from + word]! | 0;
    // Nearly all words are all zeroes, or all ones within a run.
    if (bits === (start < 0 ? 0 : -1)) continue;
    for (let at = 0; at < 32;) {
      // The next bit that begins a run or, while one is open, ends it.
      const rest = (start < 0 ? bits : ~bits) & (-1 << at);
      if (rest === 0) break;
      at = 31 - Math.clz32(rest & -rest);
      const entry = 32 * word + at;
      if (start < 0) {
        if (count === MOST_RUNS) return count + 1;
        start = entry;
        continue;
      }
      runs[2 * count] = start;
      runs[2 * count++ + 1] = entry - start;
      start = -1;
    }
  }
  if (start >= 0) {
    runs[2 * count] = start;
    runs[2 * count++ + 1] = ENTRIES - start;
  }
  return count;
}

/** Hits are mostly some full batches apart. */
const distanceCode = (distance: number): number =>
  distance % FULL_BATCH === 0 ? (distance / FULL_BATCH) * 2 : distance * 2 + 1;

function putMask(into: Uint8Array, at: number, masks: Uint32Array, from: number): number {
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

/** As {@link writeHit} in rows without a mark, of traces that are older than runs. */
export function writeMaskHit(into: Uint8Array, at: number, distance: number, masks: Uint32Array, from: number): number {
  return putMask(into, putVarint(into, at, distanceCode(distance)), masks, from);
}

const isMarked = (bytes: Uint8Array): boolean => bytes[0] === ROW_MARK[0] && bytes[1] === ROW_MARK[1];

/**
 * First seqs of a row's hits, in order: of all, or of those that store to one entry.
 * @throws ToolError event/corrupt when the bytes break off or name entries that no page has
 */
export function readHits(bytes: Uint8Array, group: number, index?: number): number[] {
  const hits: number[] = [];
  eachHit(bytes, (distance, input, kind) => {
    const isHit = kind === MASK ? readMask(input, index) : readRuns(input, kind, index);
    if (isHit || index === undefined) hits.push(distance);
  });
  // What was collected is distances from the start of the group.
  for (let i = 0; i < hits.length; i++) hits[i]! += group;
  return hits;
}

/** Calls with a hit's distance from the group's start and the kind of entries that have to be read then. */
function eachHit(bytes: Uint8Array, read: (distance: number, input: ByteReader, kind: number) => void): void {
  const input = new ByteReader(bytes);
  const hasRuns = isMarked(bytes);
  if (hasRuns) input.skipTo(ROW_MARK.length);
  for (let distance = 0; !input.atEnd;) {
    const head = input.varint();
    const code = hasRuns ? head >>> 2 : head;
    distance += code & 1 ? code >>> 1 : (code >>> 1) * FULL_BATCH;
    read(distance, input, hasRuns ? head & 3 : MASK);
  }
}

/** Reads over the runs; true when the entry is in one. */
function readRuns(input: ByteReader, kind: number, index = -1): boolean {
  const count = kind === MANY ? input.byte() : kind;
  let isHit = false;
  for (let i = 0; i < count; i++) {
    const word = input.byte() | (input.byte() << 8);
    const start = word & 0x1ff;
    const length = word >> 9 < LONG_RUN ? word >> 9 : input.byte() | (input.byte() << 8);
    if (start + length >= ENTRIES) throw corrupt(`a run of ${length + 1} from entry ${start} on`);
    if (index >= start && index <= start + length) isHit = true;
  }
  return isHit;
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

const corrupt = (what: string): ToolError =>
  new ToolError('event/corrupt', `a row of the touch index cannot be read: ${what}.`, 'Run kwind verify on the trace.');
