import { codeOfType, type EventView } from '@kwind/events';
import type { Normaliser } from './normalise.ts';
import type { DiffOptions, DiffRange, DiffSide } from './types.ts';

const ENTERED = codeOfType('call.entered');
const RETURNED = codeOfType('call.returned');

/** Numbers for texts, the same number for the same text on both sides. */
export class Words {
  readonly #numbers = new Map<string, number>();

  of(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

/** An event, or a call with everything in it. `id` is equal exactly for what counts as equal. */
export interface Part {
  readonly seq: number;
  readonly id: number;
  readonly call?: CallPart;
}

export interface CallPart {
  /** Equal for calls of the same function with the same arguments from the same place. */
  readonly key: number;
  /** Equal for calls of the same function. */
  readonly fn: number;
  readonly title: string;
  readonly end: number;
  readonly parts: readonly Part[];
}

interface Open {
  readonly seq: number;
  readonly key: number;
  readonly fn: number;
  readonly title: string;
  readonly parts: Part[];
}

/** The events of a trace as a tree of calls, in normalised words. */
export function treeOf(
  { reader }: DiffSide,
  normaliser: Normaliser,
  words: Words,
  options: DiffOptions,
  range: DiffRange,
): readonly Part[] {
  const top: Part[] = [];
  const open: Open[] = [];
  const wanted = options.only && new Set(options.only);
  const put = (part: Part): void => void (open.at(-1)?.parts ?? top).push(part);
  const close = (end: number, result: string): void => {
    const { seq, key, fn, title, parts } = open.pop()!;
    // With --only, a call in which nothing of interest happened is none.
    if (wanted && parts.length === 0 && !wanted.has(ENTERED)) return;
    const id = words.of(`call ${key} ${wanted ? '' : result} ${parts.map((part) => part.id).join(' ')}`);
    put({ seq, id, call: { key, fn, title, end, parts } });
  };
  for (let seq = range.from; seq < range.to;) {
    const batch = reader.batchContaining(seq);
    const to = Math.min(batch.length, range.to - batch.firstSeq);
    for (let i = seq - batch.firstSeq; i < to; i++) {
      const code = batch.codeAt(i);
      if (code === ENTERED) open.push(opened(batch.at(i) as EventView & { type: 'call.entered' }, normaliser, words));
      else if (wanted && !wanted.has(code) && code !== RETURNED) continue;
      else {
        const event = batch.at(i);
        if ((!wanted || wanted.has(code)) && !normaliser.isNoise(event))
          put({ seq: event.seq, id: words.of(normaliser.textOf(event)) });
        if (code === RETURNED && open.length > 0) close(event.seq, '');
      }
    }
    seq = batch.firstSeq + to;
  }
  while (open.length > 0) close(range.to - 1, 'unfinished');
  return top;
}

function opened(event: EventView & { type: 'call.entered' }, normaliser: Normaliser, words: Words): Open {
  const text = normaliser.callKey(event);
  const args = normaliser.fieldsOf(event).find(({ name }) => name === 'args')?.text ?? '';
  return {
    seq: event.seq,
    key: words.of(text),
    fn: words.of(`fn ${event.fn}`),
    title: `${event.fn}(${args.replaceAll(',', ', ')})`,
    parts: [],
  };
}
