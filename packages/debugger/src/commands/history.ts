import type { Found } from '@kwind/timeline';
import type { HistoryAnswer, HistorySpan, SearchAnswer, TargetValue } from '../answers.ts';
import type { Core } from '../core.ts';
import { happeningOf } from '../explain.ts';
import type { Question } from '../protocol.ts';
import { askedTarget } from '../targets/parse.ts';
import { sameValue, type Target } from '../targets/target.ts';
import { textPredicate } from '../text-search.ts';

type Of<D extends Question['do']> = Extract<Question, { do: D }>;

const MOST_SPANS = 10_000;
const MOST_FOUND = 1000;

type Span = { -readonly [K in keyof HistorySpan]: HistorySpan[K] };

/** Every value that a target had over the whole trace, with the span of positions that each held. */
export function history(core: Core, { target: text }: Of<'history'>): HistoryAnswer {
  const { timeline } = core;
  const target = askedTarget(text, core);
  const spans: Span[] = [{ from: 0, to: null, value: target.value(timeline, timeline.at(0)), event: null }];
  let leftOut = 0;
  let position = 0;
  let found: Found;
  while ((found = nextChange(core, target, position)).kind === 'hit') {
    if (core.shouldStop?.() === true) {
      found = { kind: 'interrupted' };
      break;
    }
    position = found.seq + 1;
    const value = valueAfter(core, target, found.seq);
    const last = spans.at(-1)!;
    if (sameValue(last.value, value)) continue;
    if (spans.length >= MOST_SPANS) {
      leftOut++;
      continue;
    }
    last.to = position;
    spans.push({ from: position, to: null, value, event: happeningOf(timeline, found.seq) });
  }
  return {
    type: 'history',
    at: core.place,
    target: target.title,
    spans,
    leftOut,
    interrupted: found.kind === 'interrupted',
  };
}

function nextChange({ timeline, shouldStop, cursor }: Core, target: Target, position: number): Found {
  const view = target.follows ? timeline.at(position).state : cursor.state;
  return timeline.find(position, target.changes(view), 'forward', { shouldStop });
}

/** From the event alone where it says enough, so that a long history of an entry is read without folding. */
function valueAfter({ timeline }: Core, target: Target, seq: number): TargetValue {
  return target.valueAfter?.(timeline.event(seq)) ?? target.value(timeline, timeline.at(seq + 1));
}

/** Events whose texts or numbers hold a text, nearest first. */
export function search(core: Core, { text, direction, count }: Of<'search'>): SearchAnswer {
  const { timeline, shouldStop } = core;
  const predicate = textPredicate(text);
  const seqs: number[] = [];
  let position = core.position;
  let interrupted = false;
  while (seqs.length < Math.min(count, MOST_FOUND)) {
    const found = timeline.find(position, predicate, direction, { shouldStop });
    interrupted = found.kind === 'interrupted';
    if (found.kind !== 'hit') break;
    seqs.push(found.seq);
    position = found.seq + 1;
  }
  return { type: 'search', at: core.place, text, found: seqs.map((seq) => happeningOf(timeline, seq)), interrupted };
}
