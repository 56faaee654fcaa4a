import { vaddr } from '@kwind/x86';
import type { CaptureFact } from '@kwind/events';
import type { KernelContext } from '@kwind/kernel';

type SlotFact = Extract<CaptureFact, { kind: 'slot-asked' | 'slot-mapped' | 'slot-unmapped' }>;

const PAGE = 0xfffn;
const pagesOf = (offset: bigint, size: bigint): number => Number(((offset & PAGE) + size + PAGE) >> 12n);

/**
 * What the slots hold, by what __early_ioremap() returned and early_iounmap() was given. The kernel's arrays themselves are
 * never in a capture.
 *
 * @returns a sentence when the slots as they are known do not allow what the kernel did
 */
export function recordSlot(ctx: KernelContext, fact: SlotFact): string | undefined {
  switch (fact.kind) {
    case 'slot-asked':
      return noteSize(ctx, fact.size);
    case 'slot-mapped':
      return claim(ctx, fact);
    case 'slot-unmapped':
      return release(ctx, fact);
  }
}

/** The size is noted in the first free slot, also when the mapping is then refused. */
function noteSize(ctx: KernelContext, size: bigint): undefined {
  const slot = ctx.view.control.slots.findIndex((state) => state.prevMap === 0n);
  if (slot >= 0 && size > 0n)
    ctx.emit({ type: 'slot.sized', slot, before: ctx.view.control.slots[slot]!.prevSize, after: size });
}

function claim(
  ctx: KernelContext,
  { call, phys, size, vaddr: address }: Extract<SlotFact, { kind: 'slot-asked' | 'slot-mapped' }>,
): string | undefined {
  if (address === undefined)
    return `record ${call.n}: what ${call.fn}() returned was not seen, so its slot is not known.`;
  if (address === 0n) return undefined;
  const { slots } = ctx.view.control;
  const slot = slots.findIndex(
    ({ virt }) => virt !== 0n && address >= virt && address < virt + BigInt(ctx.profile.nrFixBtmaps) * (PAGE + 1n),
  );
  if (slot < 0) return `record ${call.n}: ${call.fn}() returned 0x${address.toString(16)}, which lies in no slot.`;
  const taken = slots[slot]!.prevMap !== 0n;
  if (slots[slot]!.prevSize !== size)
    ctx.emit({ type: 'slot.sized', slot, before: slots[slot]!.prevSize, after: size });
  ctx.emit({ type: 'slot.claimed', slot, vaddr: vaddr(address), phys, size, pages: pagesOf(phys, size) });
  return taken ? `record ${call.n}: slot ${slot} was in use, by what is known, when ${call.fn}() took it.` : undefined;
}

function release(
  ctx: KernelContext,
  { call, vaddr: address, size }: Extract<SlotFact, { kind: 'slot-unmapped' }>,
): string | undefined {
  const slot = ctx.view.control.slots.findIndex((state) => state.prevMap === address);
  const held = ctx.view.control.slots[slot];
  if (!held || address === 0n) return `record ${call.n}: ${call.fn}(0x${address.toString(16)}) names no live mapping.`;
  if (held.prevSize !== size)
    return `record ${call.n}: ${call.fn}() was given size 0x${size.toString(16)}, slot ${slot} has 0x${held.prevSize.toString(16)}; the mapping stays.`;
  ctx.emit({ type: 'slot.released', slot, vaddr: vaddr(address), pages: pagesOf(address, size) });
  return undefined;
}
