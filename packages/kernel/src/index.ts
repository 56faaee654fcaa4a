export { call, noSite, type CallSite, type GivenChoices, type KernelContext } from './context.ts';
export { bug, printk, warn, type Site } from './warn.ts';
export { setVariable, variable } from './variables.ts';
export type { KernelFunction, Parameter } from './function.ts';
export { findKernelFunction, kernelFunctions } from './functions.ts';
export { kernelConstants } from './constants.ts';
export { boot, bootFull } from './boot/boot.ts';
export { bareMachine, type AcpiTable, type Device, type EfiArea, type Machine, type MpTable } from './boot/machine.ts';
export { freeInitmem } from './arch/x86/mm/free_initmem.ts';
export { setSystemState, systemStateValue } from './kernel/system_state.ts';
export * from './mm/early_ioremap.ts';
export { copyFromEarlyMem } from './mm/early_ioremap_copy.ts';
export {
  bmPteFrame,
  earlyIoremapInit,
  earlyIoremapPmd,
  earlySetFixmap,
  isEarlyIoremapPtep,
} from './arch/x86/mm/ioremap.ts';
export { placeAt, pmdPopulateKernel, pointerTo, type EntryPlace } from './arch/x86/include/pgalloc.ts';
export { setEntry } from './arch/x86/include/pgtable.ts';
export * from './arch/x86/mm/fixmap.ts';
export { nativeSetFixmap, nativeSetFixmapEntry } from './arch/x86/mm/pgtable.ts';
export { setPteVaddr } from './arch/x86/mm/init_64.ts';
export * from './arch/x86/mm/tlb.ts';
export { ioremapCaller, type IoremapOptions } from './arch/x86/mm/ioremap_caller.ts';
export * from './arch/x86/mm/ioremap_variants.ts';
export { memtypeFree, memtypeReserve, type Reservation } from './arch/x86/mm/pat/memtype.ts';
export { MTRR, mtrrAdd, mtrrSetDefault, mtrrTypeLookup, type MtrrType } from './arch/x86/kernel/cpu/mtrr.ts';
export { MEMREMAP, memremap, memunmap, regionIntersects } from './kernel/iomem.ts';
export { ioremapPageRange } from './mm/ioremap_page_range.ts';
export { vunmapRange } from './mm/vmap.ts';
export {
  findVmArea,
  getVmArea,
  ioremapAlign,
  lazyMaxPages,
  purgeVmapAreaLazy,
  removeVmArea,
  vfree,
  vmalloc,
  vmallocInit,
  vmallocNode,
  vmUnmapAliases,
  type AreaRequest,
} from './mm/vmalloc.ts';
export { placeArea } from './mm/vmalloc_place.ts';
export { memblockReserve, ramOf, type ByteRange } from './mm/memblock.ts';
export { splitMemRange, type MapRange, type PageSizes } from './arch/x86/mm/init_ranges.ts';
export { initMemMapping, probePageSizeMask } from './arch/x86/mm/init.ts';
export { brkEnd, earlyAllocPgtBuf, extendBrk } from './arch/x86/mm/low_pages.ts';
export { cleanupHighmap } from './arch/x86/mm/cleanup_highmap.ts';
export { memInit } from './arch/x86/mm/mem_init.ts';
export { pagingInit } from './mm/sparse.ts';
export { startup64 } from './arch/x86/kernel/head_64.ts';
export { earlyMakePgtable, resetEarlyPageTables, x86StartKernel } from './arch/x86/kernel/head64.ts';
export { fixToVirt, virtToFix } from './include/asm-generic/fixmap.ts';
export { evict, invlpg, invpcid, loadCr3, loadCr4 } from './cpu/tlb.ts';
export { fetchInstruction, load, store } from './cpu/mmu.ts';

export * from './boot/script/index.ts';
export { errno, minus } from './errno.ts';
export * from './kernel/resource.ts';
export { pcibiosAlignResource } from './arch/x86/pci/i386.ts';
export * from './arch/x86/kernel/e820.ts';
export { probeRoms, type OptionRom } from './arch/x86/kernel/probe_roms.ts';
export {
  e820AddKernelRange,
  insertKernelResources,
  reserveStandardIoResources,
  trimBiosRange,
} from './arch/x86/kernel/setup/resources.ts';
export { rtcExit, rtcInit } from './drivers/char/rtc.ts';
export { cmosDoProbe, cmosDoRemove } from './drivers/rtc/rtc_cmos.ts';
