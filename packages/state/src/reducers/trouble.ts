import { codeOfType } from '@kwind/events';
import type { MachineWriter } from '../writer.ts';
import type { Reducers } from './types.ts';

function count(m: MachineWriter, what: 'warnings' | 'bugs', seq: number): void {
  const trouble = m.edit().trouble;
  trouble[what]++;
  trouble.last = seq;
}

export const troubleReducers: Reducers<
  'warn.raised' | 'bug.raised' | 'message.printed' | 'fault.raised' | 'memory.loaded' | 'memory.stored'
> = {
  'warn.raised': (m, e) => {
    if (!e.debug) count(m, 'warnings', e.seq);
  },
  'bug.raised': (m, e) => count(m, 'bugs', e.seq),
  'fault.raised': (m) => {
    m.edit().trouble.faults++;
  },
  // What was printed or accessed changes nothing by itself; what a walk changes is in events of its own.
  'message.printed': () => {},
  'memory.loaded': () => {},
  'memory.stored': () => {},
};

/** Codes of the events that change nothing. */
export const idle: ReadonlySet<number> = new Set(
  (['message.printed', 'memory.loaded', 'memory.stored'] as const).map((type) => codeOfType(type)),
);
