import type { KernelContext } from '../context.ts';
import { variable } from '../variables.ts';
import { bug, type Site } from '../warn.ts';

/** Not a variable of the kernel: whether the pages of its init functions and data were given away. */
export const INITMEM_FREED = 'kwind.initmem_freed';

/**
 * Whether an init function is gone. A call to one that is runs into a page that is no longer executable: the kernel says so
 * and dies. Its words about the address are left out, because a profile does not know the address of each function.
 *
 * @emits bug.raised when it is gone
 */
export function initTextGone(ctx: KernelContext, site: Site): boolean {
  const gone = variable(ctx, INITMEM_FREED) !== 0n;
  return bug(ctx, gone, site, 'kernel tried to execute NX-protected page - exploit attempt? (uid: 0)');
}
