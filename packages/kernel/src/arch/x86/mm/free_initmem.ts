import { call, type KernelContext } from '../../../context.ts';
import { vmUnmapAliases } from '../../../mm/vmalloc.ts';
import { INITMEM_FREED } from '../../../mm/init_text.ts';
import { setVariable } from '../../../variables.ts';

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
    setVariable(ctx, INITMEM_FREED, 1n);
  });
}
