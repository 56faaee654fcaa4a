import { ToolError } from '../errors.ts';
import type { KernelProfile } from '../profile.ts';
import { didYouMean } from '../suggest.ts';
import { buildProfile } from './build.ts';
import { linux4_14 } from './linux-4.14.ts';
import { linux4_19 } from './linux-4.19.ts';
import { linux4_4 } from './linux-4.4.ts';
import { linux6_12 } from './linux-6.12.ts';
import { linux6_1 } from './linux-6.1.ts';
import { linuxInsides } from './linux-insides.ts';
import { parseOverrides } from './overrides.ts';
import type { ProfileSpec } from './spec.ts';

export { overrideKeys, parseOverrides, type Overrides } from './overrides.ts';

/** Oldest first; the book's build leads. */
const specs: readonly ProfileSpec[] = [linuxInsides, linux4_4, linux4_14, linux4_19, linux6_1, linux6_12];

export const profileNames: readonly string[] = specs.map((spec) => spec.name);
export const defaultProfileName = 'linux-6.1';

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

/**
 * The kernel build of a name, changed by `key=value` overrides; see {@link overrideKeys}. Deep-frozen.
 * @throws ToolError profile/unknown or option/invalid with the nearest spelling
 */
export function profile(name: string, overrides: readonly string[] = []): KernelProfile {
  const spec = specs.find((candidate) => candidate.name === name);
  if (!spec) {
    const all = `Profiles are ${profileNames.join(', ')}.`;
    throw new ToolError('profile/unknown', `there is no profile "${name}".`, didYouMean(name, profileNames, all));
  }
  return deepFreeze(buildProfile(spec, parseOverrides(overrides), overrides));
}
