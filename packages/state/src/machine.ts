import type { KernelProfile, Position } from '@kwind/x86';
import { initialControl, type CallFrame, type ControlState, type Counters } from './control.ts';
import { PageStore, type PageView } from './page-store.ts';

/** One reading face, used by kernel code while recording and by the debugger while travelling. */
export interface MachineView {
  readonly profile: KernelProfile;
  /** Number of events that made this state. */
  readonly position: Position;
  readonly control: ControlState;
  readonly counters: Counters;
  /** Innermost open call, or null. */
  readonly calls: CallFrame | null;
  readonly pages: PageView;
}

/** The machine after the first `position` events. Deeply immutable; shares what did not change with its neighbours. */
export interface MachineState extends MachineView {
  readonly pages: PageStore;
}

export function initialState(profile: KernelProfile): MachineState {
  return Object.freeze({
    profile,
    position: 0 as Position,
    control: deepFreeze(initialControl(profile)),
    counters: Object.freeze({ pageFlushes: 0, flushes: 0, calls: 0 }),
    calls: null,
    pages: new PageStore(),
  });
}

export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
