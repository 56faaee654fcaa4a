import type { BootEvent } from '@kwind/events';
import type { KernelContext } from '@kwind/kernel';
import type { LiveMachine } from '../live-machine.ts';

/**
 * A machine that records only a part of what a kernel function emits: not the bracket of the function itself, which the
 * capture gives, and none of the events that `keep` refuses. What is not recorded does not happen.
 */
export function partOf(machine: LiveMachine, keep: (event: BootEvent) => boolean = () => true): KernelContext {
  let depth = 0;
  return {
    profile: machine.profile,
    get view() {
      return machine.view;
    },
    get given() {
      return machine.given;
    },
    takeSite: () => machine.takeSite(),
    emit(event) {
      if (event.type === 'call.entered' && depth++ === 0) return -1;
      if (event.type === 'call.returned' && --depth === 0) return -1;
      return keep(event) ? machine.emit(event) : -1;
    },
  };
}
