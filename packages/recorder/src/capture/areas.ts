import { PAGE_SIZE, physAddr, vaddr } from '@kwind/x86';
import type { CaptureCall, CaptureFact } from '@kwind/events';
import { vunmapRange, type KernelContext } from '@kwind/kernel';
import { VM, vmapAreaAt } from '@kwind/state';

type AreaFact = Extract<CaptureFact, { kind: 'area-mapped' | 'area-unmapped' }>;

/**
 * Virtual areas for device memory, by what ioremap and iounmap were seen to do. Entries that iounmap clears are exchanged in
 * place and are never a call, so the clearing follows from the call.
 *
 * @returns a sentence when the areas as they are known do not allow it
 */
export function recordArea(ctx: KernelContext, fact: AreaFact): string | undefined {
  if (fact.kind === 'area-mapped') {
    const { start, end, phys, caller } = fact;
    ctx.emit({
      type: 'area.claimed',
      start: vaddr(start),
      end: vaddr(end + PAGE_SIZE),
      phys: physAddr(phys),
      flags: VM.IOREMAP,
      pages: 0,
      caller,
    });
    return undefined;
  }
  const area = vmapAreaAt(ctx.view, fact.vaddr);
  if (!area) return `record ${fact.call.n}: iounmap(0x${fact.vaddr.toString(16)}) names no area that is known.`;
  vunmapRange(ctx, vaddr(area.start), vaddr(area.end));
  ctx.emit({ type: 'area.released', start: vaddr(area.start), end: vaddr(area.end) });
  return undefined;
}

/** A flush of a range that the purge asks for makes the areas in it free. */
export function recordPurge(ctx: KernelContext, call: CaptureCall, start: bigint, end: bigint): void {
  if (!call.stack.some((frame) => frame.startsWith('__purge_vmap_area_lazy'))) return;
  const purged = ctx.view.control.vmalloc.lazy
    .filter((area) => area.start >= start && area.end <= end)
    .toSorted((a, b) => (a.start < b.start ? -1 : 1));
  for (const area of purged) ctx.emit({ type: 'area.purged', start: vaddr(area.start), end: vaddr(area.end) });
}
