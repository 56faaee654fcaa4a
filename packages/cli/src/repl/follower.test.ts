import { hostname } from 'node:os';
import type { Command, Result } from '@kwind/debugger';
import { describe, expect, it } from 'vitest';
import { Follower, type FollowOptions } from './follower.ts';

const here = { pid: process.pid, host: hostname(), started: '' };
const run = (count: number): Command => ({ do: 'continue', count, direction: 'forward' });

/** A trace that grows by a refresh to each of `lengths`, with a stop at each of `stops`. */
function growing(lengths: readonly number[], stops: readonly number[], more: Partial<FollowOptions['reader']> = {}) {
  let [at, position, shown] = [0, 0, 0];
  const seen: Command[] = [];
  const reader = {
    get length() {
      return lengths[shown]!;
    },
    get finished() {
      return shown === lengths.length - 1;
    },
    recorder: here,
    refresh: () => void (shown = Math.min(at++, lengths.length - 1)),
    ...more,
  };
  const session = {
    get place() {
      return { position, total: lengths[shown]!, percent: 0 };
    },
    dispatch: (command: Command): Result => {
      seen.push(command);
      const stop = stops.find((one) => one > position && one <= reader.length);
      position = stop ?? reader.length;
      const reason = stop === undefined ? { kind: 'edge', edge: 'end' } : { kind: 'hit', hits: [] };
      return { type: 'stopped', reason } as unknown as Result;
    },
  };
  return { reader, session, seen, where: () => position };
}

describe('Follower', () => {
  it('waits at the end until a stop has been recorded', () => {
    const trace = growing([5, 5, 5, 8, 12, 12], [11]);
    let waits = 0;
    const result = new Follower({ ...trace, onWait: () => waits++ }).dispatch(run(1));
    expect(result).toMatchObject({ reason: { kind: 'hit' } });
    expect(trace.where()).toBe(11);
    expect(waits).toBeGreaterThan(0);
  });

  it('counts stops over the waits, each once', () => {
    const trace = growing([5, 5, 9, 9, 14, 14], [3, 7, 12]);
    new Follower(trace).dispatch(run(3));
    expect(trace.where()).toBe(12);
  });

  it('comes to the end when the recorder is done', () => {
    const trace = growing([5, 7], []);
    expect(new Follower(trace).dispatch(run(1))).toMatchObject({ reason: { kind: 'edge' } });
    expect(trace.where()).toBe(7);
  });

  it('comes to the end when the recorder is gone', () => {
    const trace = growing([5, 5, 5, 5, 5, 5, 5], [], { recorder: { ...here, pid: 2 ** 30 } });
    expect(new Follower(trace).dispatch(run(1))).toMatchObject({ reason: { kind: 'edge' } });
  });

  it('ends the wait at ^C', () => {
    const trace = growing(
      Array.from({ length: 1000 }, () => 5),
      [],
    );
    expect(new Follower({ ...trace, shouldStop: () => true }).dispatch(run(1))).toMatchObject({
      reason: { kind: 'edge' },
    });
  });

  it('shows any other command what is there by now, and does not wait', () => {
    const trace = growing([5, 5, 9], []);
    const follower = new Follower(trace);
    follower.dispatch({ do: 'when' });
    follower.dispatch({ do: 'continue', count: 2, direction: 'backward' });
    expect(trace.seen.map((command) => ('count' in command ? command.count : 0))).toEqual([0, 2]);
  });
});
