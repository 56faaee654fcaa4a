import type { KernelContext } from './context.ts';
import { setVariable, variable } from './variables.ts';
import { printk, warn, type Site } from './warn.ts';

/** Not variables of the kernel by this name: the hidden flag of each WARN_ONCE() and pr_warn_once(). */
const flagOf = (what: string): string => `__already_done.${what}`;

/** Whether this is the first time that `what` comes to pass in this boot; notes that it has. @emits variable.set the first time */
export function firstTime(ctx: KernelContext, what: string): boolean {
  if (variable(ctx, flagOf(what)) !== 0n) return false;
  setVariable(ctx, flagOf(what), 1n);
  return true;
}

/** WARN_ONCE() and WARN_ON_ONCE(): a fact the first time. @param key tells one place of a function from another */
export function warnOnce(ctx: KernelContext, condition: boolean, site: Site, message = '', key = site.fn): boolean {
  if (condition && firstTime(ctx, key)) warn(ctx, true, site, message);
  return condition;
}

/** pr_warn_once() and its kind. */
export function printkOnce(ctx: KernelContext, level: string, text: string, key: string): void {
  if (firstTime(ctx, key)) printk(ctx, level, text);
}
