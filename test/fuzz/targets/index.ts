import type { Target } from '../fuzzer.ts';
import { captureTarget } from './capture.ts';
import { commandTarget } from './commands.ts';
import { languageTarget } from './languages.ts';
import { logTarget } from './log.ts';
import { ruleTarget } from './rules.ts';
import { scriptTarget } from './script.ts';
import { traceTarget } from './trace.ts';

export const targets: readonly Target[] = [
  traceTarget,
  logTarget,
  captureTarget,
  scriptTarget,
  languageTarget,
  commandTarget,
  ruleTarget,
];

/** @throws Error naming all, for one that is not there */
export function targetNamed(name: string): Target {
  const found = targets.find((target) => target.name === name);
  if (found) return found;
  throw new Error(`there is no target ${name}; there are ${targets.map((target) => target.name).join(', ')}.`);
}
