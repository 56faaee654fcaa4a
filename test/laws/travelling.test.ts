import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalog } from '@kwind/events';
import { slotsInUse, stateHash } from '@kwind/state';
import { LiveMachine } from '@kwind/recorder';
import { applyCalls, arbitraryCalls, headerFor, memoryTrace, recordCalls } from '@kwind/testkit';
import { Timeline, type Direction, type Predicate } from '@kwind/timeline';
import { arbitraryHistory, foldTo, hashAt, kernel, recordAfterBoot, resplit, timelineOver } from './histories.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const placed = (timeline: Timeline, part: number): number => Math.round(part * timeline.length);

/** Stops by type, by slot, by a state that becomes so: with and without a fold for each candidate. */
const arbitraryPredicate: fc.Arbitrary<Predicate> = fc.oneof(
  fc
    .constantFrom(...catalog.map((spec) => spec.code))
    .map((code): Predicate => ({ sources: [{ codes: [code] }], test: () => true })),
  fc.nat(7).map((slot): Predicate => ({ test: ({ event }) => 'slot' in event && event.slot === slot })),
  fc.nat(4).map((count): Predicate => ({
    test: ({ before, after }) => slotsInUse(after) === count && slotsInUse(before) !== count,
  })),
);

/** All stops in a direction, one seek after the other, from an end of the history. */
function stopsOf(timeline: Timeline, predicate: Predicate, direction: Direction): number[] {
  const stops: number[] = [];
  let cursor = timeline.at(direction === 'forward' ? 0 : timeline.length);
  // The event under the feet at the very end is looked at by nobody who goes back from there.
  for (;;) {
    const seek = timeline.seek(cursor, predicate, direction);
    if (seek.kind !== 'hit') return stops;
    expect(seek.cursor.position).toBe(seek.seq + 1);
    stops.push(seek.seq);
    cursor = seek.cursor;
  }
}

describe('travelling in a recorded history', () => {
  it('shows at every position the machine that was live then', () => {
    fc.assert(
      fc.property(arbitraryCalls(kernel, 8), (calls) => {
        const { batches, states } = recordAfterBoot(calls);
        const timeline = timelineOver(batches);
        expect(timeline.length).toBe(states[0]!.position + states.length - 1);
        for (const live of states) expect(hashAt(timeline, live.position)).toBe(stateHash(live));
      }),
      { numRuns: 5 },
    );
  });

  it('goes on where a recorder is still writing', () => {
    fc.assert(
      fc.property(fc.array(arbitraryCalls(kernel, 4), { minLength: 1, maxLength: 6 }), (rounds) => {
        const trace = memoryTrace([], headerFor(kernel));
        const machine = new LiveMachine(kernel, (batch) => trace.append(batch));
        const timeline = new Timeline(trace, kernel);
        for (const calls of rounds) {
          applyCalls(machine, calls);
          machine.flush();
          timeline.refresh();
          expect(timeline.length).toBe(machine.position);
          expect(hashAt(timeline, timeline.length)).toBe(stateHash(machine.snapshot()));
          expect(timeline.step(timeline.at(timeline.length), -3).position).toBe(Math.max(0, timeline.length - 3));
        }
      }),
      { numRuns: 10 },
    );
  });

  it('shows the same machine at a position whichever way it was reached, and by whatever checkpoint', () => {
    fc.assert(
      fc.property(arbitraryHistory, fc.array(share, { minLength: 2, maxLength: 6 }), ({ batches, timeline }, parts) => {
        for (const part of parts) {
          const position = placed(timeline, part);
          expect(hashAt(timeline, position)).toBe(stateHash(foldTo(batches, position)));
        }
      }),
      { numRuns: 12 },
    );
  });

  it('comes back by stepping as far back as it stepped forward', () => {
    fc.assert(
      fc.property(arbitraryHistory, share, fc.integer({ min: -200, max: 200 }), ({ timeline }, part, count) => {
        const from = timeline.at(placed(timeline, part));
        const there = timeline.step(from, count);
        const back = timeline.step(there, from.position - there.position);
        expect(back.position).toBe(from.position);
        expect(stateHash(back.state)).toBe(stateHash(from.state));
        expect(stateHash(there.state)).toBe(hashAt(timelineOver([...timelineBatches(timeline)]), there.position));
      }),
      { numRuns: 20 },
    );
  });

  it('stops at the same events forward and backward', () => {
    fc.assert(
      fc.property(arbitraryHistory, arbitraryPredicate, ({ timeline }, predicate) => {
        const forward = stopsOf(timeline, predicate, 'forward');
        const backward = stopsOf(timeline, predicate, 'backward');
        expect(backward.toReversed()).toEqual(forward.filter((seq) => seq <= timeline.length - 2));
      }),
      { numRuns: 25 },
    );
  });

  it('does not depend on how the events are cut into batches', () => {
    fc.assert(
      fc.property(
        arbitraryCalls(kernel, 20),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 8 }),
        arbitraryPredicate,
        share,
        (calls, lengths, predicate, part) => {
          const { batches } = recordCalls(kernel, calls);
          const [whole, cut] = [timelineOver(batches), timelineOver(resplit(batches, lengths))];
          expect(cut.length).toBe(whole.length);
          expect(stopsOf(cut, predicate, 'backward')).toEqual(stopsOf(whole, predicate, 'backward'));
          expect(hashAt(cut, placed(cut, part))).toBe(hashAt(whole, placed(whole, part)));
        },
      ),
      { numRuns: 12 },
    );
  });
});

function* timelineBatches(timeline: Timeline) {
  for (let seq = 0; seq < timeline.length;) {
    const batch = timeline.reader.batchContaining(seq);
    yield batch;
    seq = batch.firstSeq + batch.length;
  }
}
