import { fixToVirt as fixToVirtOf, virtToFix as virtToFixOf, type FixIdx, type Vaddr } from '@kwind/x86';
import { call, type KernelContext } from '../../context.ts';
import { bug } from '../../warn.ts';

const FILE = 'include/asm-generic/fixmap.h';

/**
 * Base address of an index's page.
 *
 * @returns null, and a BUG, for an index past the end: a build that fails in truth, because the index must be a constant
 * @kernel include/asm-generic/fixmap.h fix_to_virt()
 */
export function fixToVirt(ctx: KernelContext, idx: number): Vaddr | null {
  return call(ctx, 'fix_to_virt', [BigInt(idx)], () => {
    const answer = fixToVirtOf(ctx.profile, idx);
    if (answer.ok) return answer.vaddr;
    bug(ctx, true, { fn: 'fix_to_virt', file: FILE }, answer.bug);
    return null;
  });
}

/**
 * Index of the page that holds an address of the permanent area.
 *
 * @returns null, and a BUG, for every address in the page of index 0 and for all below FIXADDR_START: early windows too
 * @kernel include/asm-generic/fixmap.h virt_to_fix()
 */
export function virtToFix(ctx: KernelContext, address: Vaddr): bigint | null {
  return call(ctx, 'virt_to_fix', [address], () => {
    const answer = virtToFixOf(ctx.profile, address);
    if (answer.ok) return BigInt(answer.idx satisfies FixIdx);
    bug(ctx, true, { fn: 'virt_to_fix', file: FILE }, answer.bug);
    return null;
  });
}
