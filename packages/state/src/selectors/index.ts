export { effectiveProt, reservedBits, rootOf, walk, type Effective, type Walk, type WalkStep } from './walk.ts';
export { bmPteOf, presentPages, slots, slotsInUse, type SlotView } from './slots.ts';
export { fixmapUses, type FixmapUse } from './fixmap.ts';
export { isStale, tlbEntries, type TlbView } from './tlb.ts';
export { callChain } from './calls.ts';
export {
  resourceById,
  resourceList,
  resourcesAt,
  resourceTree,
  strayResources,
  systemRamRanges,
  treeOf,
  type FoundRange,
  type ResourceView,
} from './resources.ts';
export {
  lazyAreas,
  lazyPages,
  memtypeList,
  pageMemtype,
  vmapAreaAt,
  vmapAreas,
  vmapHoles,
  type Hole,
  type VmapAreaView,
} from './vmalloc.ts';
export { e820At, e820Table, type E820View } from './e820.ts';
