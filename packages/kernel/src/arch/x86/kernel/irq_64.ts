import { PAGE_SIZE, physOfPfn, vaddr } from '@kwind/x86';
import { VM } from '@kwind/state';
import { call, type KernelContext } from '../../../context.ts';
import { takePage } from '../../../mm/page_alloc.ts';
import { getVmArea } from '../../../mm/vmalloc.ts';
import { vmapRange } from '../../../mm/vmap.ts';
import { kernelProt } from '../include/kernel_prot.ts';

const STACK_PAGES = 4n;

/**
 * Map the interrupt stack of the first processor once more, with a guard page: the first area that anybody takes. Older
 * kernels use it where it is, in the direct map.
 * @kernel arch/x86/kernel/irq_64.c irq_init_percpu_irqstack(), map_irq_stack()
 */
export function irqInitPercpuIrqstack(ctx: KernelContext): void {
  if (ctx.profile.boot.irqStack === 'direct-map') return;
  call(ctx, 'irq_init_percpu_irqstack', [], () => {
    const size = STACK_PAGES * PAGE_SIZE;
    const start = getVmArea(ctx, { size, flags: VM.MAP, caller: 'irq_init_percpu_irqstack' });
    for (let at = 0n; start !== null && at < size; at += PAGE_SIZE) {
      const page = vaddr(start + at);
      vmapRange(ctx, page, vaddr(page + PAGE_SIZE), physOfPfn(takePage(ctx)), kernelProt(ctx, 'PAGE_KERNEL'), false);
    }
  });
}
