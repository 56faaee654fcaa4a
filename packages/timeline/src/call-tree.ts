import type { EventBatch, EventView } from '@kwind/events';
import type { Direction } from './types.ts';

/** The part of a timeline that the call tree needs. */
interface Recorded {
  readonly length: number;
  event(seq: number): EventView;
  batchOf(seq: number): EventBatch;
}

/** Seq of the call.entered of the innermost call that is open at a position, or −1. Nothing is folded. */
export function openCallAt(timeline: Recorded, position: number): number {
  if (position < timeline.length) return timeline.event(position).cause;
  if (position === 0) return -1;
  const last = timeline.event(position - 1);
  if (last.type === 'call.entered') return last.seq;
  // After a return the call around it is open; a return without a begin has none.
  if (last.type === 'call.returned') return last.cause < 0 ? -1 : timeline.event(last.cause).cause;
  return last.cause;
}

/** Seqs of the calls open around an event, innermost first; a bracket's own call counts as around it. */
export function callsAround(timeline: Recorded, seq: number): readonly number[] {
  const event = timeline.event(seq);
  const chain: number[] = [];
  for (let call = event.type === 'call.entered' ? seq : event.cause; call >= 0; call = timeline.event(call).cause)
    chain.push(call);
  return chain;
}

/**
 * Seq of the call.returned that ends a call, or undefined while it is open at the end of the trace.
 * A batch knows which calls are open before it, so a long call is bisected and not read through.
 */
export function returnOf(timeline: Recorded, call: number): number | undefined {
  let batch = timeline.batchOf(call);
  const inside = returnIn(batch, call, call + 1);
  if (inside !== undefined) return inside;
  const next = batch.firstSeq + batch.length;
  let [low, high] = [next, timeline.length];
  // The first batch before which the call is no longer open; its return stands in the one before.
  while (low < high) {
    batch = timeline.batchOf((low + high) >>> 1);
    if (batch.openCalls.includes(call)) low = batch.firstSeq + batch.length;
    else high = batch.firstSeq;
  }
  return low > next ? returnIn(timeline.batchOf(low - 1), call, next) : undefined;
}

function returnIn(batch: EventBatch, call: number, from: number): number | undefined {
  for (let i = Math.max(0, from - batch.firstSeq); i < batch.length; i++) {
    if (batch.typeAt(i) === 'call.returned' && batch.at(i).cause === call) return batch.firstSeq + i;
  }
  return undefined;
}

/**
 * Where `next` goes: to the nearest position in a direction with no more calls open than here, so that a whole call
 * is one step and a return leads to the caller. Undefined at the edge, and in a call that the trace does not end.
 */
export function nextPosition(timeline: Recorded, position: number, direction: Direction): number | undefined {
  if (direction === 'forward') {
    if (position >= timeline.length) return undefined;
    if (timeline.event(position).type !== 'call.entered') return position + 1;
    const returned = returnOf(timeline, position);
    return returned === undefined ? undefined : returned + 1;
  }
  if (position === 0) return undefined;
  const made = timeline.event(position - 1);
  return made.type === 'call.returned' && made.cause >= 0 ? made.cause : position - 1;
}

/** Where `finish` goes: forward to just after the end of the enclosing call, backward to just before its begin. */
export function finishPosition(timeline: Recorded, call: number, direction: Direction): number | undefined {
  if (direction === 'backward') return call;
  const returned = returnOf(timeline, call);
  return returned === undefined ? undefined : returned + 1;
}
