import { profile } from '@kwind/x86';
import { BatchBuilder, type BootEvent } from '@kwind/events';
import { callChain, initialState, reduce, type MachineState, type MachineView } from '@kwind/state';
import { noSite, type CallSite, type KernelContext } from '../../context.ts';
import type { KernelFunction } from '../../function.ts';
import { parseScript, scriptProfile } from './parse.ts';
import { runScript, type ScriptResult } from './run.ts';

/** The plainest machine there is, for tests: every fact is reduced by itself, and kept. */
export class TestMachine implements KernelContext {
  readonly profile;
  readonly events: BootEvent[] = [];
  #state: MachineState;

  constructor(name = 'linux-6.1', options: readonly string[] = []) {
    this.profile = profile(name, options);
    this.#state = initialState(this.profile);
  }

  get view(): MachineView {
    return this.#state;
  }

  emit(event: BootEvent): number {
    const open = callChain(this.#state).map((frame) => frame.seq);
    const builder = new BatchBuilder(this.#state.position, open.toReversed());
    builder.append(event);
    this.#state = reduce(this.#state, builder.freeze());
    return this.events.push(event) - 1;
  }

  takeSite(): CallSite {
    return noSite;
  }
}

/** Run a script text on a machine of its own profile. */
export function runText(
  text: string,
  functions: readonly KernelFunction[],
  file = 'test.kws',
): ScriptResult & { readonly machine: TestMachine } {
  const script = parseScript(text, file);
  const { name, options } = scriptProfile(script);
  const machine = new TestMachine(name, options);
  return { ...runScript(machine, script, functions), machine };
}
