import type { ToolError } from '@kwind/x86';
import { BATCH_SIZE } from './batch.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { corrupt } from './shapes.ts';

/**
 * The event codes of a batch as runs of equal ones, and the rows sorted by code: those of one code stand in `places` from
 * `starts[code]` to `starts[code + 1]`. Reused: valid until the next batch.
 */
export interface CodeRuns {
  readonly count: number;
  readonly codes: Uint8Array;
  /** Index of the first event after each run. */
  readonly ends: Uint32Array;
  readonly present: readonly number[];
  readonly starts: Uint32Array;
  /** Where the words of each row start; for the caller to fill in. */
  readonly places: Uint32Array;
  /** Scratch: by code, where the next place goes. */
  readonly next: Uint32Array;
}

/** Filled in by whoever reads runs in another form, and then {@link sortedRuns}. */
export const runCodes = new Uint8Array(BATCH_SIZE);
export const runEnds = new Uint32Array(BATCH_SIZE);
const starts = new Uint32Array(257);
const places = new Uint32Array(BATCH_SIZE);
const next = new Uint32Array(257);

/** The first `count` runs, as they stand in {@link runCodes} and {@link runEnds}; the places are not filled in. */
export function sortedRuns(count: number): CodeRuns {
  starts.fill(0);
  for (let run = 0, from = 0; run < count; run++) {
    starts[runCodes[run]! + 1]! += runEnds[run]! - from;
    from = runEnds[run]!;
  }
  const present: number[] = [];
  for (let code = 0; code < 256; code++) {
    if (starts[code + 1]! > 0) present.push(code);
    starts[code + 1]! += starts[code]!;
  }
  next.set(starts);
  return { count, codes: runCodes, ends: runEnds, present, starts, places, next };
}

/** The runs of a batch, with the place of each row filled in. */
export function runsOf(codes: Uint8Array, offsets: Uint32Array): CodeRuns {
  let count = 0;
  for (let i = 0; i < codes.length;) {
    const code = codes[i]!;
    do i++;
    while (i < codes.length && codes[i] === code);
    runCodes[count] = code;
    runEnds[count++] = i;
  }
  const runs = sortedRuns(count);
  for (let run = 0, i = 0; run < count; run++) {
    let at = next[runCodes[run]!]!;
    for (const end = runEnds[run]!; i < end; i++) places[at++] = offsets[i]!;
    next[runCodes[run]!] = at;
  }
  return runs;
}

/** Each run as its length and its code. */
export function writeRuns(out: ByteWriter, { count, codes, ends }: CodeRuns): void {
  // A length has two bytes at most.
  const { bytes, at: start } = out.reserve(3 * count);
  let at = start;
  for (let run = 0, from = 0; run < count; run++) {
    let length = ends[run]! - from;
    from = ends[run]!;
    if (length > 0x7f) {
      bytes[at++] = (length & 0x7f) | 0x80;
      length >>>= 7;
    }
    bytes[at++] = length;
    bytes[at++] = codes[run]!;
  }
  out.commit(at);
}

/**
 * Read what {@link writeRuns} wrote of `length` events; the places are not filled in.
 * @throws ToolError event/corrupt
 */
export function readRuns(input: ByteReader, length: number): CodeRuns {
  let count = 0;
  for (let end = 0; end < length;) {
    const run = input.varint();
    end += run;
    if (run === 0 || end > length) throw badRun(run, length);
    runEnds[count] = end;
    runCodes[count++] = input.byte();
  }
  return sortedRuns(count);
}

export const badRun = (run: number, length: number): ToolError =>
  corrupt(`a run of ${run} equal codes among ${length}`);

/** One a row and one more for each type. */
const turns = new Uint16Array(BATCH_SIZE + 257);
/**
 * Scratch for writing stores twice: `turns[0]` is the first row in which a word leaves its step, `turns[i + 1]` of such a row the next
 * one, and in the end the number of rows. Other places hold anything.
 */
export const turnsOf = ({ starts }: CodeRuns, code: number): Uint16Array =>
  turns.subarray(starts[code]! + code, starts[code + 1]! + code + 1);

export const placesOf = (runs: CodeRuns, code: number): Uint32Array =>
  runs.places.subarray(runs.starts[code]!, runs.starts[code + 1]!);
