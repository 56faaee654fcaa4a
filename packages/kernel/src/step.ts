import { call, type KernelContext } from './context.ts';

/** The boot reaches a phase. */
export const enterPhase = (ctx: KernelContext, name: string): void => void ctx.emit({ type: 'phase.entered', name });

/** One step of the boot: a phase, and a call bracket of the same name around what the step does. */
export function step<R extends bigint | null | void>(ctx: KernelContext, name: string, body: () => R): R {
  enterPhase(ctx, name);
  return call(ctx, name, [], body);
}
