import { BATCH_SIZE } from './batch.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { badRun, runCodes, runEnds, sortedRuns, type CodeRuns } from './code-runs.ts';
import { corrupt } from './shapes.ts';

/*
 * The event codes of a batch as a trace keeps them: runs, and repetitions of the last few of them, because a boot does the same
 * few things over and over. A token's low bit says which: 0 for a run, its length and then its code; 1 for so many
 * runs again, then how many runs back.
 */

/** Runs that a repetition goes back at most. */
const FARTHEST = 12;
/** Runs that a repetition stands for at least: it takes as many bytes as one. */
const FEWEST = 2;
/** Runs of a repetition that is taken without looking for a longer one. */
const ENOUGH = 24;

/** Length and code of each run in one number, while a batch is written. */
const marks = new Int32Array(BATCH_SIZE);

export function writePattern(out: ByteWriter, { count, codes, ends }: CodeRuns): void {
  for (let run = 0, start = 0; run < count; run++) {
    marks[run] = ((ends[run]! - start) << 8) | codes[run]!;
    start = ends[run]!;
  }
  for (let run = 0; run < count;) {
    const { back, length } = longestRepetition(run, count);
    if (length >= FEWEST) {
      out.varint((length << 1) | 1);
      out.byte(back);
      run += length;
    } else {
      out.varint((marks[run]! >> 8) << 1);
      out.byte(marks[run]! & 0xff);
      run++;
    }
  }
}

function longestRepetition(run: number, count: number): { readonly back: number; readonly length: number } {
  let back = 0;
  let length = 0;
  // Neighbouring runs differ in their codes, so nothing repeats the run just before.
  for (let distance = 2; distance <= FARTHEST && distance <= run; distance++) {
    if (marks[run] !== marks[run - distance]) continue;
    let end = run + 1;
    while (end < count && marks[end] === marks[end - distance]) end++;
    if (end - run <= length) continue;
    length = end - run;
    back = distance;
    if (length >= ENOUGH) break;
  }
  return { back, length };
}

/**
 * Read what {@link writePattern} wrote of `length` events; the places are not filled in.
 * @throws ToolError event/corrupt
 */
export function readPattern(input: ByteReader, length: number): CodeRuns {
  let count = 0;
  let end = 0;
  while (end < length) {
    const token = input.varint();
    if ((token & 1) === 0) {
      const run = token >>> 1;
      end += run;
      if (run === 0 || end > length) throw badRun(run, length);
      runCodes[count] = input.byte();
      runEnds[count++] = end;
      continue;
    }
    const back = input.byte();
    if (back === 0 || back > count) throw corrupt(`runs are repeated from ${back} back, after ${count}`);
    // Each run has an event at least, so this ends with the batch at the latest.
    for (let left = token >>> 1; left > 0; left--) {
      const like = count - back;
      const run = runEnds[like]! - (like === 0 ? 0 : runEnds[like - 1]!);
      end += run;
      if (end > length) throw badRun(run, length);
      runCodes[count] = runCodes[like]!;
      runEnds[count++] = end;
    }
  }
  return sortedRuns(count);
}
