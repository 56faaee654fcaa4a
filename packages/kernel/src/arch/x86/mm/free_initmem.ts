import { call, type KernelContext } from '../../../context.ts';
import { vmUnmapAliases } from '../../../mm/vmalloc.ts';
import { setVariable, variable } from '../../../variables.ts';
import { bug } from '../../../warn.ts';

/** Not a variable of the kernel: whether the pages of its init functions and data were given away. */
const FREED = 'kwind.initmem_freed';

/**
 * Give away the memory of everything that only the boot needs: early_ioremap()'s code and slots among it, but not bm_pte,
 * which stays linked. The pages stop being executable, for which the kernel first purges what vmalloc gave up.
 *
 * @emits what a purge does, variable.set
 * @kernel arch/x86/mm/init.c free_initmem()
 */
export function freeInitmem(ctx: KernelContext): void {
  call(ctx, 'free_initmem', [], () => {
    vmUnmapAliases(ctx);
    setVariable(ctx, FREED, 1n);
  });
}

/**
 * Whether an init function is gone. A call to one that is runs into a page that is no longer executable: the kernel says so
 * and dies. Its words about the address are left out, because a profile does not know the address of each function.
 *
 * @emits bug.raised when it is gone
 */
export function initTextGone(ctx: KernelContext, fn: string, file: string): boolean {
  const gone = variable(ctx, FREED) !== 0n;
  return bug(ctx, gone, { fn, file }, 'kernel tried to execute NX-protected page - exploit attempt? (uid: 0)');
}
