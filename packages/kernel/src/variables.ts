import type { KernelContext } from './context.ts';

/** A kernel variable's value; 0 before anything set it, as .bss is. */
export const variable = (ctx: KernelContext, name: string): bigint => ctx.view.control.variables[name] ?? 0n;

export function setVariable(ctx: KernelContext, name: string, after: bigint): void {
  ctx.emit({ type: 'variable.set', name, before: variable(ctx, name), after });
}
