import type { KernelProfile } from '@kwind/x86';
import type { ProfileView } from '../answers.ts';

/** The kernel build that the trace is of. */
export function profileView(profile: KernelProfile): ProfileView {
  const { name, title, kernel, overrides, fixmap } = profile;
  const values = {
    levels: profile.levels,
    nr_cpus: profile.nrCpus,
    mmu: profile.mmu,
    FIXADDR_TOP: profile.fixaddrTop,
    __end_of_permanent_fixed_addresses: fixmap.endOfPermanent,
    FIX_BTMAP_END: fixmap.btmapEnd,
    FIX_BTMAP_BEGIN: fixmap.btmapBegin,
    __end_of_fixed_addresses: fixmap.endOfFixed,
    NR_FIX_BTMAPS: profile.nrFixBtmaps,
    FIX_BTMAPS_SLOTS: profile.fixBtmapsSlots,
    phys_base: profile.physBase,
    page_offset_base: profile.pageOffset,
    vmalloc_base: profile.vmallocStart,
    physical_bits: profile.physBits,
    cpu_has_invlpg: profile.tlb.cpuHasInvlpg,
    flush_one_page: profile.tlb.flushOneKernel,
  };
  return {
    type: 'profile',
    name,
    title,
    kernel,
    overrides,
    values: Object.entries(values).map(([key, value]) => ({ name: key, value })),
  };
}
