import type { KernelContext } from './context.ts';
import { setVariable, variable } from './variables.ts';

/** Where in the kernel a WARN or BUG stands: function and file. */
export interface Site {
  readonly fn: string;
  readonly file: string;
}

/** `WARN(condition, message)` and `WARN_ON(condition)` (empty message): a fact when it fires; says whether it did. */
export function warn(ctx: KernelContext, condition: boolean, site: Site, message = ''): boolean {
  if (condition) ctx.emit({ type: 'warn.raised', ...site, message, debug: false });
  return condition;
}

/** `WARN_ON_ONCE(condition)`: fires at most once a boot, which the kernel notes in a flag of the place itself. */
export function warnOnce(ctx: KernelContext, condition: boolean, site: Site): boolean {
  const flag = `${site.fn}.__already_done`;
  if (condition && variable(ctx, flag) === 0n) {
    setVariable(ctx, flag, 1n);
    warn(ctx, true, site);
  }
  return condition;
}

/** `WARN(early_ioremap_debug, …)`: the kernel uses a WARN to print a line; it says nothing about trouble. */
export function debugLine(ctx: KernelContext, enabled: boolean, site: Site, message: string): void {
  if (enabled) ctx.emit({ type: 'warn.raised', ...site, message, debug: true });
}

/** `BUG_ON(condition)` and build-time checks. The caller returns at once: after a BUG the kernel does nothing more. */
export function bug(ctx: KernelContext, condition: boolean, site: Site, message = ''): boolean {
  if (condition) ctx.emit({ type: 'bug.raised', ...site, message });
  return condition;
}

/** A printk; `level` is the kernel's name without KERN_: WARNING, ERR, DEBUG. */
export function printk(ctx: KernelContext, level: string, text: string): void {
  ctx.emit({ type: 'message.printed', level, text });
}
