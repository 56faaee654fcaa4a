import { fixIdx, fixToVirtUnchecked, PTRS_PER_PTE, type PhysAddr } from '@kwind/x86';
import { call, type KernelContext } from '../../../context.ts';
import { setVariable, variable } from '../../../variables.ts';
import { bug } from '../../../warn.ts';
import { pfnPte } from '../include/pfn.ts';
import { maskProt } from '../include/pgprot.ts';
import { setPteVaddr } from './init_64.ts';

/**
 * Store an entry at a fixmap index, through the tables of init_mm.
 *
 * @emits bug.raised and nothing else for an index past the end; else what set_pte_vaddr() does, then the counter
 *        fixmaps_set, which clearing raises as well
 * @kernel arch/x86/mm/pgtable.c __native_set_fixmap()
 */
export function nativeSetFixmapEntry(ctx: KernelContext, idx: number, entry: bigint): void {
  call(ctx, '__native_set_fixmap', [BigInt(idx), entry], () => {
    const here = { fn: '__native_set_fixmap', file: 'arch/x86/mm/pgtable.c' };
    const { fixmap, fixmapPmdNum } = ctx.profile;
    const address = fixToVirtUnchecked(ctx.profile, fixIdx(idx));
    // 4.19 and later: the build fails when the static tables do not cover the permanent indices.
    const outgrown = fixmapPmdNum > 1 && fixmap.endOfPermanent > fixmapPmdNum * PTRS_PER_PTE;
    if (bug(ctx, outgrown, here, 'BUILD_BUG_ON(__end_of_permanent_fixed_addresses > FIXMAP_PMD_NUM * PTRS_PER_PTE)'))
      return;
    if (bug(ctx, idx >= fixmap.endOfFixed, here)) return;
    setPteVaddr(ctx, address, entry);
    setVariable(ctx, 'fixmaps_set', variable(ctx, 'fixmaps_set') + 1n);
  });
}

/**
 * Map a page at a fixmap index on bare metal.
 *
 * @param phys low 12 bits are dropped
 * @kernel arch/x86/mm/pgtable.c native_set_fixmap(); from 4.19 on it masks the bits with __default_kernel_pte_mask
 */
export function nativeSetFixmap(ctx: KernelContext, idx: number, phys: PhysAddr, flags: bigint): void {
  call(ctx, 'native_set_fixmap', [BigInt(idx), phys, flags], () => {
    nativeSetFixmapEntry(ctx, idx, pfnPte(ctx, phys, maskProt(ctx, ctx.profile.setFixmapMask, flags)));
  });
}
