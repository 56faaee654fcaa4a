import type { KernelProfile } from '@kwind/x86';
import { constantName, machineScope, makeScope, type Scope } from '@kwind/state';
import { kernelConstants } from '../../constants.ts';

/** Derived from a frozen profile alone, so keeping it is invisible. */
const scopes = new WeakMap<KernelProfile, Scope>();

/** What scripts and the debugger may name of a kernel build: its machine and its constants. */
export function kernelScope(profile: KernelProfile): Scope {
  let scope = scopes.get(profile);
  if (scope) return scope;
  const constants = [...kernelConstants(profile)].map(([name, value]) => constantName(name, value));
  scope = makeScope(constants, machineScope(profile));
  scopes.set(profile, scope);
  return scope;
}
