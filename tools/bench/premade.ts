import { codeOfType, type BootEvent } from '@kwind/events';
import type { Sink, Workload } from './workload.ts';

const PTE_WRITTEN = codeOfType('pte.written');
/** Words of a store: table, index, what the entry held before, what it holds now. */
const WORDS = 6;

/**
 * The same workload with everything thought up before the clock starts, so that neither side of a figure is charged for
 * random numbers. Stores are kept as words; other events as objects, equal ones once.
 */
export function premade(work: Workload): Workload {
  /** Of each event: 0 a store, else 1 + its number in `objects`. */
  const which = new Uint32Array(work.n);
  const words = new Uint32Array(work.n * WORDS);
  const objects: BootEvent[] = [];
  const numbers = new Map<string, number>();
  let seq = 0;
  let at = 0;
  work.make({
    entry: (code, ...store) => {
      if (code !== PTE_WRITTEN) throw new Error('a stress boot stores to page-table entries of the last level only');
      seq++;
      words.set(store, at);
      at += WORDS;
    },
    event: (event) => {
      const key = Object.values(event).join(' ');
      let number = numbers.get(key);
      if (number === undefined) numbers.set(key, (number = objects.push(event)));
      which[seq++] = number;
    },
  });
  return { ...work, make: (sink) => play(which, words, objects, sink) };
}

function play(which: Uint32Array, words: Uint32Array, objects: readonly BootEvent[], sink: Sink): void {
  let at = 0;
  for (let seq = 0; seq < which.length; seq++) {
    const number = which[seq]!;
    if (number > 0) {
      sink.event(objects[number - 1]!);
      continue;
    }
    const [table, index, lo, hi] = [words[at]!, words[at + 1]!, words[at + 4]!, words[at + 5]!];
    sink.entry(PTE_WRITTEN, table, index, words[at + 2]!, words[at + 3]!, lo, hi);
    at += WORDS;
  }
}
