import type { CallFrame } from '../control.ts';
import type { MachineView } from '../machine.ts';

/** Open calls, innermost first. */
export function callChain(view: MachineView): readonly CallFrame[] {
  const chain: CallFrame[] = [];
  for (let frame = view.calls; frame; frame = frame.outer) chain.push(frame);
  return chain;
}
