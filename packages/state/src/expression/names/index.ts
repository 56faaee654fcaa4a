import type { KernelProfile } from '@kwind/x86';
import { makeScope, type Declaration, type Scope } from '../scope.ts';
import { entryNames } from './entries.ts';
import { fixmapNames } from './fixmap.ts';
import { machineNames } from './machine.ts';
import { resourceNames } from './resources.ts';
import { slotNames } from './slots.ts';
import { translationNames } from './translation.ts';

/** The tables of names about the machine; a new area adds its own here. */
const tables = (profile: KernelProfile): readonly (readonly Declaration[])[] => [
  slotNames(profile),
  entryNames,
  translationNames,
  fixmapNames,
  machineNames,
  resourceNames,
];

/** Derived from a frozen profile alone, so keeping it is invisible. */
const scopes = new WeakMap<KernelProfile, Scope>();

/** Everything that can be asked of a machine of this build. Constants of the kernel are the caller's to add. */
export function machineScope(profile: KernelProfile): Scope {
  let scope = scopes.get(profile);
  if (!scope) scopes.set(profile, (scope = makeScope(tables(profile).flat())));
  return scope;
}
