import type { Command, DebugSession, Movement, Result } from '@kwind/debugger';
import type { SqliteTraceReader } from '@kwind/trace';
import { isBeingRecorded } from '../recording-state.ts';

const EVERY_MS = 50;

type Running = Movement & { readonly do: 'continue' | 'until' };

export interface FollowOptions {
  readonly session: Pick<DebugSession, 'dispatch' | 'place'>;
  readonly reader: Pick<SqliteTraceReader, 'length' | 'finished' | 'recorder' | 'refresh'>;
  /** ^C was typed. */
  readonly shouldStop?: () => boolean;
  /** Told once before each wait. */
  readonly onWait?: () => void;
}

/** Runs commands on a trace that is still being recorded: each sees what is there by now, and a run at the end waits for more. */
export class Follower {
  readonly #options: FollowOptions;

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  dispatch(command: Command): Result {
    const { session, reader } = this.#options;
    reader.refresh();
    if (!isForwardRun(command)) return session.dispatch(command);
    // One stop at a time: what was counted before a wait must not be counted again.
    const single = 'count' in command ? { ...command, count: 1 } : command;
    let left = 'count' in command ? command.count : 1;
    for (;;) {
      const result = session.dispatch(single);
      if (ranOut(result) && this.#waitForMore()) continue;
      if (ranOut(result) || --left === 0 || !wasHit(result)) return result;
    }
  }

  /** False when no more will come, when ^C was typed, and in a branch, which nobody records. */
  #waitForMore(): boolean {
    const { session, reader, shouldStop, onWait } = this.#options;
    const { length } = reader;
    if (session.place.total !== length) return false;
    for (let waited = false; ; waited = true) {
      // Asked before the refresh: what a recorder wrote last must not be missed.
      const recording = isBeingRecorded(reader);
      reader.refresh();
      if (reader.length > length) return true;
      if (!recording || shouldStop?.() === true) return false;
      if (!waited) onWait?.();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EVERY_MS);
    }
  }
}

const isForwardRun = (command: Command): command is Running =>
  (command.do === 'continue' || command.do === 'until') && command.direction === 'forward';

const ranOut = (result: Result): boolean => result.type === 'stopped' && result.reason.kind === 'edge';
const wasHit = (result: Result): boolean => result.type === 'stopped' && result.reason.kind === 'hit';
