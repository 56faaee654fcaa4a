import { isVmallocAddress, PAGE_MASK, PAGE_SIZE, pageAlign, type KernelProfile } from '@kwind/x86';
import type { CaptureCall } from '@kwind/events';
import { ioremapAlign, type KernelContext } from '@kwind/kernel';
import type { MachineView } from '@kwind/state';
import { areaAddress } from './choices.ts';
import type { Effect } from './effect.ts';

const isFree = (view: MachineView, start: bigint, end: bigint): boolean =>
  ![...view.control.vmalloc.areas, ...view.control.vmalloc.lazy].some((area) => area.start < end && start < area.end);

const isInRange = (profile: KernelProfile, start: bigint, end: bigint): boolean =>
  isVmallocAddress(profile, start) && isVmallocAddress(profile, end - 1n);

/**
 * An area's address is given, but not any address will do: it is aligned as the kernel's rule says, lies in the vmalloc range,
 * and overlaps no area that is known. Asked before the model takes the area.
 * @returns the address on the kernel's side, and on the model's the same or none
 */
export function areaEffects(
  ctx: KernelContext,
  call: CaptureCall,
): { readonly kernel: readonly Effect[]; readonly model: readonly Effect[] } {
  const start = call.fn === '__ioremap_caller' ? areaAddress(call) : undefined;
  if (start === undefined) return { kernel: [], model: [] };
  const [phys = 0n, size = 0n] = call.args;
  const bytes = pageAlign(phys + size) - (phys & PAGE_MASK);
  const end = start + bytes + PAGE_SIZE;
  const step = ioremapAlign(ctx, bytes);
  const allowed = start % step === 0n && isInRange(ctx.profile, start, end) && isFree(ctx.view, start, end);
  const effect: Effect = { kind: 'area.placed', values: [start], n: call.n };
  return {
    kernel: [effect],
    model: allowed
      ? [{ ...effect, n: -1 }]
      : [
          {
            kind: 'area.placed',
            values: [(start + step - 1n) & ~(step - 1n)],
            texts: [`aligned to 0x${step.toString(16)}, free, inside the vmalloc range`],
            n: -1,
          },
        ],
  };
}
