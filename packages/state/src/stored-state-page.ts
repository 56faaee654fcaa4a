import { ToolError } from '@kwind/x86';
import type { ByteReader, ByteWriter } from '@kwind/events';
import { putVarint } from '@kwind/events/raw';
import { PAGE_WORDS } from './page-cell.ts';

/*
 * A page as runs of entries. A page-table page is mostly empty, and where it is not, neighbours map neighbours: a run
 * of 4 KiB pages with the flags of the run before takes three or four bytes whatever its length.
 */

/** Kinds of runs, in the low two bits of a run's first number; above them stands the length, less one. */
const EMPTY = 0;
/** Steps by 4 KiB; upper half and flags as the entry before that was not empty, frame as the distance to it. */
const PAGES = 1;
/** Step, low word and high word in full. */
const ANY = 2;

const FRAME_STEP = 0x1000;
/** A run in full: its length, and three words. */
const MOST_BYTES = 2 + 3 * 5;

// Two passes over a run at most, and no object: recording does this for a page every hundred events. tools/bench guards it.
export function writeImage(out: ByteWriter, image: Uint32Array): void {
  const { bytes, at: start } = out.reserve((PAGE_WORDS / 2) * MOST_BYTES);
  let at = start;
  let lastLo = 0;
  let lastHi = 0;
  for (let i = 0; i < PAGE_WORDS;) {
    const lo = image[i]!;
    const hi = image[i + 1]!;
    let end = i + 2;
    if ((lo | hi) === 0) {
      while (end < PAGE_WORDS && (image[end]! | image[end + 1]!) === 0) end += 2;
      at = putVarint(bytes, at, (((end - i) >> 1) - 1) << 2);
      i = end;
      continue;
    }
    let step = FRAME_STEP;
    if (end < PAGE_WORDS && image[end + 1] === hi && image[end]! > lo) step = image[end]! - lo;
    let word = lo;
    while (end < PAGE_WORDS && image[end] === word + step && image[end + 1] === hi) {
      word += step;
      end += 2;
    }
    const head = (((end - i) >> 1) - 1) << 2;
    if (step === FRAME_STEP && hi === lastHi && ((lo ^ lastLo) & 0xfff) === 0) {
      const distance = (lo >>> 12) - (lastLo >>> 12);
      at = putVarint(bytes, putVarint(bytes, at, head | PAGES), ((distance << 1) ^ (distance >> 31)) >>> 0);
    } else {
      at = putVarint(bytes, putVarint(bytes, at, head | ANY), step);
      at = putVarint(bytes, putVarint(bytes, at, lo), hi);
    }
    lastLo = word;
    lastHi = hi;
    i = end;
  }
  out.commit(at);
}

/**
 * @param image a zeroed page to read into
 * @throws ToolError event/corrupt
 */
export function readImage(input: ByteReader, image: Uint32Array = new Uint32Array(PAGE_WORDS)): Uint32Array {
  let lo = 0;
  let hi = 0;
  for (let i = 0; i < PAGE_WORDS;) {
    const head = input.varint();
    const end = i + 2 * ((head >>> 2) + 1);
    if (end > PAGE_WORDS) throw damaged(`a run ends at entry ${end / 2}`);
    const kind = head & 3;
    let step = 0;
    if (kind === PAGES) {
      const zigzag = input.varint();
      const frame = ((lo >>> 12) + ((zigzag >>> 1) ^ -(zigzag & 1))) | 0;
      lo = ((frame << 12) | (lo & 0xfff)) >>> 0;
      step = FRAME_STEP;
    } else if (kind === ANY) {
      step = input.varint();
      lo = input.varint();
      hi = input.varint();
    } else if (kind !== EMPTY) throw damaged(`a run of kind ${kind}`);
    if (kind === EMPTY) {
      i = end;
      continue;
    }
    for (let word = lo; i < end; i += 2, word += step) {
      image[i] = word;
      image[i + 1] = hi;
      lo = word;
    }
    lo >>>= 0;
  }
  return image;
}

const damaged = (what: string): ToolError =>
  new ToolError('event/corrupt', `a stored page cannot be read: ${what}.`, 'Run kwind verify on the trace.');
