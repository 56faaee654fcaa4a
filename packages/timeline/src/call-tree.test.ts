import { describe, expect, it } from 'vitest';
import { profile } from '@kwind/x86';
import { BatchBuilder, type BootEvent, type EventBatch } from '@kwind/events';
import { headerFor, memoryTrace } from '@kwind/testkit';
import { callsAround, finishPosition, nextPosition, openCallAt, returnOf } from './call-tree.ts';
import { Timeline } from './timeline.ts';

const kernel = profile('linux-6.1');
const enter = (fn: string): BootEvent => ({
  type: 'call.entered',
  fn,
  args: [],
  text: '',
  caller: '',
  stack: '',
  origin: '',
});
const leave = (fn: string): BootEvent => ({ type: 'call.returned', fn, result: 0n });
const say = (text: string): BootEvent => ({ type: 'message.printed', level: 'INFO', text });

/** Events in batches of one length. */
function timelineOf(events: readonly BootEvent[], perBatch: number): Timeline {
  const batches: EventBatch[] = [];
  const builder = new BatchBuilder();
  for (const event of events) {
    builder.append(event);
    if (builder.length === perBatch) batches.push(builder.freeze());
  }
  if (builder.length > 0) batches.push(builder.freeze());
  return new Timeline(memoryTrace(batches, headerFor(kernel)), kernel);
}

//               0         1         2         3         4           5         6           7
const events = [say('a'), enter('f'), say('b'), enter('g'), say('c'), leave('g'), leave('f'), say('d')];

describe.each([1, 2, 3, 8])('the call tree in batches of %i', (perBatch) => {
  const timeline = timelineOf(events, perBatch);

  it('knows which call is open at every position', () => {
    expect(Array.from({ length: 9 }, (_, position) => openCallAt(timeline, position))).toEqual([
      -1, -1, 1, 1, 3, 3, 1, -1, -1,
    ]);
  });

  it('names the calls around an event, innermost first', () => {
    expect(callsAround(timeline, 4)).toEqual([3, 1]);
    expect(callsAround(timeline, 3)).toEqual([3, 1]);
    expect(callsAround(timeline, 6)).toEqual([1]);
    expect(callsAround(timeline, 7)).toEqual([]);
  });

  it('finds where a call returns', () => {
    expect(returnOf(timeline, 1)).toBe(6);
    expect(returnOf(timeline, 3)).toBe(5);
  });

  it('steps over a call as one, forward and backward', () => {
    expect(nextPosition(timeline, 1, 'forward')).toBe(7);
    expect(nextPosition(timeline, 7, 'backward')).toBe(1);
    expect(nextPosition(timeline, 3, 'forward')).toBe(6);
    expect(nextPosition(timeline, 6, 'backward')).toBe(3);
  });

  it('leads out to the caller where a call ends or begins', () => {
    expect(nextPosition(timeline, 6, 'forward')).toBe(7);
    expect(nextPosition(timeline, 2, 'backward')).toBe(1);
  });

  it('has nowhere to go at the edges', () => {
    expect(nextPosition(timeline, 8, 'forward')).toBeUndefined();
    expect(nextPosition(timeline, 0, 'backward')).toBeUndefined();
  });

  it('finishes to just after the end of a call, or to just before its begin', () => {
    expect(finishPosition(timeline, 3, 'forward')).toBe(6);
    expect(finishPosition(timeline, 3, 'backward')).toBe(3);
  });
});

describe('a call that the trace does not end', () => {
  it.each([1, 2, 3])('stays open in batches of %i', (perBatch) => {
    const timeline = timelineOf([enter('f'), enter('g'), say('x'), leave('g'), say('y')], perBatch);
    expect(returnOf(timeline, 0)).toBeUndefined();
    expect(nextPosition(timeline, 0, 'forward')).toBeUndefined();
    expect(openCallAt(timeline, 5)).toBe(0);
  });
});

describe('a return whose call was not seen', () => {
  it('is an event like any other', () => {
    const timeline = timelineOf([leave('lost'), say('x')], 8);
    expect(nextPosition(timeline, 1, 'backward')).toBe(0);
    expect(openCallAt(timeline, 1)).toBe(-1);
    expect(callsAround(timeline, 0)).toEqual([]);
  });
});

describe('a long call', () => {
  it('is bisected and not read through', () => {
    const long = [enter('f'), ...Array.from({ length: 1000 }, () => say('x')), leave('f')];
    const timeline = timelineOf(long, 4);
    let reads = 0;
    const { reader } = timeline;
    const batchContaining = reader.batchContaining.bind(reader);
    reader.batchContaining = (seq) => {
      reads++;
      return batchContaining(seq);
    };
    expect(returnOf(timeline, 0)).toBe(1001);
    expect(reads).toBeLessThan(12);
  });
});
