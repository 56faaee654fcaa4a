import { isEntryCode } from '@kwind/events';
import type { Open, Side } from './sides.ts';

/** Join the two halves of calls that are whole on both sides, elsewhere. */
export function joinMoves(found: readonly Open[]): Open[] {
  const spare = new Map<number, Open[]>();
  for (const one of found) {
    if (one.kind !== 'only-b' || one.whole === undefined) continue;
    const list = spare.get(one.whole);
    if (list) list.push(one);
    else spare.set(one.whole, [one]);
  }
  const taken = new Set<Open>();
  const joined = found.map((one): Open => {
    const other = one.kind === 'only-a' && one.whole !== undefined ? spare.get(one.whole)?.shift() : undefined;
    if (!other) return one;
    taken.add(other);
    const { rejoin: _rejoin, gone: _gone, whole: _whole, ...rest } = one;
    return { ...rest, kind: 'moved', b: other.b!, at: { a: one.a!.seq, b: other.b!.seq } };
  });
  return joined.filter((one) => !taken.has(one));
}

/** More events than this between the two places, and nobody checks them. */
const MOST_PASSED = 20_000;

/** What the events of a stretch read or change, in words: entries, slots, areas, trees. */
function touched({ events, canon }: Side, from: number, to: number): Set<string> {
  const found = new Set<string>();
  for (let seq = from; seq < to; seq++) {
    const { event, code } = events.at(seq);
    // Brackets and lines on the console bind nothing.
    if (event.type.startsWith('call.') || event.type === 'message.printed') continue;
    if (isEntryCode(code) && 'table' in event && 'index' in event)
      found.add(`${canon.tables.touched(event.table).title} ${event.index}`);
    else if ('slot' in event) found.add(`slot ${event.slot}`);
    else if ('vaddr' in event) found.add(`page ${event.vaddr >> 12n}`);
    else found.add(event.type.split('.', 1)[0]!);
  }
  return found;
}

/**
 * Whether a call that moved has nothing to do with what it passed: no entry, slot, page or tree that both touch. Judged on
 * side B, by what stands between where it would stand as in A and where it stands.
 */
export function isIndependent(move: Open, places: readonly Open[], side: Side): boolean {
  const { seq, end } = move.b!;
  const home = homeOf(move, places);
  const [from, to] = home <= seq ? [home, seq] : [end + 1, home];
  if (to - from > MOST_PASSED) return false;
  const own = touched(side, seq, end + 1);
  const passed = touched(side, from, to);
  return ![...own].some((one) => passed.has(one));
}

/** Where on side B the call would stand if it had not moved. */
const homeOf = (move: Open, places: readonly Open[]): number =>
  places.find(({ a }) => a?.seq === move.a!.seq)?.at.b ?? move.at.b;
