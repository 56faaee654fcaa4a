import type { KernelContext } from '../context.ts';
import { setVariable, variable } from '../variables.ts';
import { ToolError } from '@kwind/x86';

/** Value of a system_state name in this profile's kernel; BOOTING is 0 in all. */
export function systemStateValue(ctx: KernelContext, name: string): bigint {
  const index = ctx.profile.systemStates.indexOf(name);
  if (index < 0)
    throw new ToolError(
      'script/name',
      `${ctx.profile.name} has no system state ${name}.`,
      `It has ${ctx.profile.systemStates.join(', ')}.`,
    );
  return BigInt(index);
}

export function setSystemState(ctx: KernelContext, name: string): void {
  setVariable(ctx, 'system_state', systemStateValue(ctx, name));
}

/**
 * Whether __early_ioremap() warns about the time of its call: in any state but SYSTEM_BOOTING (4.0), or from
 * SYSTEM_RUNNING on (4.16 and the stable kernels).
 */
export function systemStateWarns(ctx: KernelContext): boolean {
  const state = variable(ctx, 'system_state');
  return ctx.profile.stateWarning === 'not-booting' ? state !== 0n : state >= systemStateValue(ctx, 'SYSTEM_RUNNING');
}
