/** kernel/resource.c: the trees of I/O ports and of physical memory. */
export { resource, type NewResource } from './resource/node.ts';
export type { ConflictOutcome, ConflictReason } from './resource/conflict.ts';
export {
  adjustResource,
  releaseResource,
  removeResource,
  requestResource,
  requestResourceConflict,
} from './resource/request.ts';
export { insertResource, insertResourceConflict, insertResourceExpandToFit } from './resource/insert.ts';
export {
  checkMemRegion,
  checkRegion,
  releaseMemRegion,
  releaseRegion,
  releaseRegionBelow,
  renameRegion,
  requestMemRegion,
  requestMemRegionExclusive,
  requestMuxedRegion,
  requestRegion,
  requestRegionBelow,
} from './resource/region.ts';
export { reserveRegionWithSplit } from './resource/split.ts';
export { allocateResource, findResource, type Constraint } from './resource/allocate.ts';
export { cutIomemResource, iomemIsExclusive, iomemMapSanityCheck, lookupResource } from './resource/iomem.ts';
