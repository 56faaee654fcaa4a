export { effectiveProt, reservedBits, rootOf, walk, type Effective, type Walk, type WalkStep } from './walk.ts';
export { bmPteOf, presentPages, slots, slotsInUse, type SlotView } from './slots.ts';
export { fixmapUses, type FixmapUse } from './fixmap.ts';
export { isStale, tlbEntries, type TlbView } from './tlb.ts';
export { callChain } from './calls.ts';
