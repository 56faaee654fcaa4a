import { describe, expect, it } from 'vitest';
import { profile, ToolError } from '@kwind/x86';
import { BatchBuilder, type BootEvent, type EventBatch } from '@kwind/events';
import { initialState, stateHash, type MachineState } from '@kwind/state';
import { headerFor, memoryTrace, recordCalls, type RandomCall } from '@kwind/testkit';
import { BranchTrace } from './branch-trace.ts';
import { entriesChange, entryAt, slotChanges, typeMatches } from './predicates.ts';
import { Timeline } from './timeline.ts';
import type { Moment } from './types.ts';

const kernel = profile('linux-6.1');
const map = (phys: bigint): RandomCall => ({ do: 'map', fn: 'early_ioremap', phys, size: 0x1000n, prot: 0n });
const unmap = (pick: number): RandomCall => ({ do: 'unmap', fn: 'early_iounmap', pick, wrong: 'nothing' });
const calls = [map(0x1000n), map(0x2000n), unmap(0), map(0x3000n), unmap(1), unmap(0)];
const { batches } = recordCalls(kernel, calls);
const open = (): Timeline => new Timeline(memoryTrace(batches, headerFor(kernel)), kernel);
const hashAt = (timeline: Timeline, position: number): string => stateHash(timeline.at(position).state);

describe('a timeline', () => {
  it('starts at power-on and ends after the last event', () => {
    const timeline = open();
    expect(stateHash(timeline.at(0).state)).toBe(stateHash(initialState(kernel)));
    expect(timeline.at(timeline.length).position).toBe(timeline.length);
  });

  it.each([-1, 0.5, NaN, 1e9])('refuses position %d', (position) => {
    expect(() => open().at(position)).toThrow(ToolError);
  });

  it('stays within the history when it steps beyond its ends', () => {
    const timeline = open();
    expect(timeline.step(timeline.at(3), -10).position).toBe(0);
    expect(timeline.step(timeline.at(3), 1e9).position).toBe(timeline.length);
  });

  it('stops with the state that the event has just made, in both directions', () => {
    const timeline = open();
    const claims = typeMatches('slot.claimed');
    const forward = timeline.seek(timeline.at(0), claims, 'forward');
    const backward = timeline.seek(timeline.at(timeline.length), claims, 'backward');
    for (const seek of [forward, backward]) {
      if (seek.kind !== 'hit') throw new Error('no claim was found');
      expect(seek.cursor.position).toBe(seek.seq + 1);
      expect(timeline.event(seek.seq).type).toBe('slot.claimed');
    }
  });

  it('looks at events from its position on, and back at those before the event under its feet', () => {
    const timeline = open();
    const all = { test: () => true };
    expect(timeline.seek(timeline.at(5), all, 'forward')).toMatchObject({ kind: 'hit', seq: 5 });
    expect(timeline.seek(timeline.at(5), all, 'backward')).toMatchObject({ kind: 'hit', seq: 3 });
    expect(timeline.seek(timeline.at(1), all, 'backward')).toMatchObject({ kind: 'edge', cursor: { position: 0 } });
    expect(timeline.seek(timeline.at(timeline.length), all, 'forward')).toMatchObject({ kind: 'edge' });
  });

  it('does not look behind a limit', () => {
    const timeline = open();
    const none = { test: () => false };
    expect(timeline.seek(timeline.at(5), none, 'forward', { limit: 9 })).toMatchObject({
      kind: 'edge',
      cursor: { position: 10 },
    });
    expect(timeline.seek(timeline.at(20), none, 'backward', { limit: 9 })).toMatchObject({
      kind: 'edge',
      cursor: { position: 9 },
    });
  });

  it('finds an event that is alone in its batch, also at the limit', () => {
    const builder = new BatchBuilder();
    const alone: EventBatch[] = ['a', 'b', 'c'].map((text) => {
      builder.append({ type: 'message.printed', level: 'INFO', text });
      return builder.freeze();
    });
    const timeline = new Timeline(memoryTrace(alone, headerFor(kernel)), kernel);
    const says = (text: string) => ({
      test: ({ event }: Moment) => event.type === 'message.printed' && event.text === text,
    });
    expect(timeline.find(0, says('c'), 'forward')).toEqual({ kind: 'hit', seq: 2 });
    expect(timeline.find(0, says('b'), 'forward', { limit: 1 })).toEqual({ kind: 'hit', seq: 1 });
    expect(timeline.find(0, says('c'), 'forward', { limit: 1 })).toEqual({ kind: 'edge' });
    expect(timeline.find(4, says('a'), 'backward', { limit: 0 })).toEqual({ kind: 'hit', seq: 0 });
    expect(timeline.find(4, says('a'), 'backward', { limit: 1 })).toEqual({ kind: 'edge' });
  });

  it('ends a search that is told to, where it began', () => {
    const timeline = open();
    let polls = 0;
    const shouldStop = (): boolean => ++polls > 3;
    const from = timeline.at(2);
    const seek = timeline.seek(from, { test: ({ after }) => after.position < 0 }, 'forward', { shouldStop });
    expect(seek).toEqual({ kind: 'interrupted', cursor: from });
  });

  it.each([
    ['a page', ({ before }: Moment): boolean => before.pages.entry(7, 3) === 1n],
    ['all pages', ({ before }: Moment): boolean => before.pages.tables().length === 0],
    ['the registers', ({ before }: Moment): boolean => before.control.registers['cr3'] === 1n],
  ])('ends a search that looks at %s in the middle of the fold that this takes', (_what, test) => {
    const long: EventBatch[] = [];
    for (let i = 0, seq = 0; i < 60; seq += long[i++]!.length) {
      const builder = new BatchBuilder(seq);
      for (const [before, after] of [
        [0n, 0x63n],
        [0x63n, 0n],
      ] as const)
        builder.append({ type: 'pte.written', table: 7, index: 3, before, after } as BootEvent);
      long.push(builder.freeze());
    }
    const reader = memoryTrace(long, headerFor(kernel));
    const load = reader.batchContaining.bind(reader);
    let loads = 0;
    reader.batchContaining = (seq) => {
      loads++;
      return load(seq);
    };
    const timeline = new Timeline(reader, kernel);
    const shouldStop = (): boolean => loads >= 10;
    const found = timeline.find(timeline.length, { test }, 'backward', { shouldStop });
    expect(found).toEqual({ kind: 'interrupted' });
    expect(loads).toBeLessThanOrEqual(12);
  });

  it('unpacks no batch that leaves an entry alone', () => {
    const unpacked: number[] = [];
    const reader = memoryTrace(batches, headerFor(kernel));
    const quiet = { ...headerFor(kernel) };
    const timeline = new Timeline(
      {
        header: quiet,
        length: reader.length,
        batchContaining: (seq): EventBatch => {
          unpacked.push(seq);
          return reader.batchContaining(seq);
        },
        batchesWith: reader.batchesWith.bind(reader),
        batchesTouching: () => [],
        checkpointAtOrBefore: () => undefined,
        checkpointPart: () => undefined,
        refresh: () => {},
        close: () => {},
      },
      kernel,
    );
    expect(timeline.find(timeline.length, entriesChange([entryAt(0x1234, 7)]), 'backward')).toEqual({ kind: 'edge' });
    expect(timeline.find(timeline.length, slotChanges(7), 'backward')).toEqual({ kind: 'edge' });
    expect(unpacked).toEqual([]);
  });

  it('ignores checkpoints that another reducer made', () => {
    const trace = memoryTrace(batches, headerFor(kernel));
    trace.putCheckpoint({ position: 10, reducer: 999_999, bytes: new Uint8Array([1, 2, 3]) });
    expect(hashAt(new Timeline(trace, kernel), 20)).toBe(hashAt(open(), 20));
  });
});

describe('a branch', () => {
  const fork = 40;
  const parent = memoryTrace(batches, headerFor(kernel));
  const behind = (): { trace: BranchTrace; end: MachineState } => {
    const trace = new BranchTrace(headerFor(kernel), parent, fork);
    return { trace, end: new Timeline(parent, kernel).at(fork).state };
  };

  it('has the events of its parent up to the fork and no others', () => {
    const { trace, end } = behind();
    const timeline = new Timeline(trace, kernel);
    expect(timeline.length).toBe(fork);
    expect(hashAt(timeline, fork)).toBe(stateHash(end));
    expect([...timeline.events(0, fork)].map((event) => event.type)).toEqual(
      [...open().events(0, fork)].map((event) => event.type),
    );
    expect(timeline.find(fork + 1, { test: () => true }, 'backward')).toEqual({ kind: 'hit', seq: fork - 1 });
    expect(() => trace.batchContaining(fork)).toThrow(ToolError);
  });

  it('can begin at power-on', () => {
    const trace = new BranchTrace(headerFor(kernel), parent, 0);
    expect(trace.length).toBe(0);
    expect([...trace.batchesWith([0x50], 0, 'forward')]).toEqual([]);
    expect([...trace.batchesTouching({ slot: 0 }, 0, 'backward')]).toEqual([]);
  });

  it('refuses a batch that does not follow', () => {
    const { trace } = behind();
    expect(() => trace.append(parent.batchContaining(0))).toThrow(ToolError);
  });
});
