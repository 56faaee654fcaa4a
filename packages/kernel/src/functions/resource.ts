import type { KernelProfile } from '@kwind/x86';
import { call } from '../context.ts';
import { rtcExit, rtcInit } from '../drivers/char/rtc.ts';
import { cmosDoProbe, cmosDoRemove } from '../drivers/rtc/rtc_cmos.ts';
import type { KernelFunction } from '../function.ts';
import {
  adjustResource,
  allocateResource,
  checkMemRegion,
  checkRegion,
  cutIomemResource,
  insertResource,
  insertResourceConflict,
  insertResourceExpandToFit,
  iomemIsExclusive,
  iomemMapSanityCheck,
  lookupResource,
  releaseMemRegion,
  releaseRegion,
  releaseRegionBelow,
  releaseResource,
  removeResource,
  renameRegion,
  requestMemRegion,
  requestMemRegionExclusive,
  requestMuxedRegion,
  requestRegion,
  requestRegionBelow,
  requestResource,
  requestResourceConflict,
  reserveRegionWithSplit,
  resource,
} from '../kernel/resource.ts';
import { declare } from './declare.ts';
import { declareWithTexts } from './texts.ts';

const HEADER = 'include/linux/ioport.h';
const PAIR = 'struct resource *root, struct resource *new';
const RANGE = 'resource_size_t start, resource_size_t n';

/** What every function here has in common: resources need no page tables. */
const about = (file: string, doc: string, missing?: (profile: KernelProfile) => string | undefined) =>
  ({ file, doc, withoutMmu: true, ...(missing && { missing }) }) as const;
const inResource = (doc: string, missing?: (profile: KernelProfile) => string | undefined) =>
  about('kernel/resource.c', doc, missing);

const nodes: readonly KernelFunction[] = [
  declareWithTexts(
    'struct resource *resource(const char *name, resource_size_t start, resource_size_t end, unsigned long flags = 0, unsigned long desc = 0)',
    about('', 'A struct resource variable as drivers have them, linked nowhere; end is its last byte.'),
    (ctx, [start, end, flags = 0n, desc = 0n], [name]) =>
      resource(ctx, { name: name!, start: start!, end: end!, flags, desc: Number(desc & 0xffffn) }),
  ),
  declare(
    `int request_resource(${PAIR})`,
    inResource('Link a resource into a free range of another: 0 or -EBUSY.'),
    (ctx, root, id) => requestResource(ctx, root!, id!),
  ),
  declare(
    `struct resource *request_resource_conflict(${PAIR})`,
    inResource('The same, returning what is in the way.'),
    (ctx, root, id) => requestResourceConflict(ctx, root!, id!),
  ),
  declare(
    `int insert_resource(${PAIR})`,
    inResource('Link a resource, taking those that it contains as children: 0 or -EBUSY.'),
    (ctx, root, id) => insertResource(ctx, root!, id!),
  ),
  declare(
    `struct resource *insert_resource_conflict(${PAIR})`,
    inResource('The same, returning what it half overlaps.'),
    (ctx, root, id) => insertResourceConflict(ctx, root!, id!),
  ),
  declare(
    `void insert_resource_expand_to_fit(${PAIR})`,
    inResource('Insert a resource, growing it over what it half overlaps.'),
    (ctx, root, id) => insertResourceExpandToFit(ctx, root!, id!),
  ),
  declare('int release_resource(struct resource *old)', inResource('Unlink a resource with all below it.'), (ctx, id) =>
    releaseResource(ctx, id!),
  ),
  declare(
    'int remove_resource(struct resource *old)',
    inResource('Unlink a resource and leave what is below it.', (profile) =>
      profile.resource.removeResource ? undefined : `${profile.name} has no remove_resource().`,
    ),
    (ctx, id) => removeResource(ctx, id!),
  ),
  declare(
    'int adjust_resource(struct resource *res, resource_size_t start, resource_size_t size)',
    inResource('Move the bounds of a resource: 0 or -EBUSY.'),
    (ctx, id, start, size) => adjustResource(ctx, id!, start!, size!),
  ),
  declareWithTexts(
    'void reserve_region_with_split(struct resource *root, resource_size_t start, resource_size_t end, const char *name)',
    inResource('Claim whatever is free of a range, in pieces.'),
    (ctx, [root, start, end], [name]) => reserveRegionWithSplit(ctx, root!, start!, end!, name!),
  ),
  declare(
    `int allocate_resource(${PAIR}, resource_size_t size, resource_size_t min, resource_size_t max, resource_size_t align = 1)`,
    inResource('Link a resource into the lowest free range that fits: 0 or -EBUSY.'),
    (ctx, root, id, size, min, max, align) =>
      allocateResource(ctx, root!, id!, { size: size!, min: min!, max: max!, align: align! }),
  ),
  declare(
    'struct resource *lookup_resource(struct resource *root, resource_size_t start)',
    inResource('The direct child that starts at an address.'),
    (ctx, root, start) => lookupResource(ctx, root!, start!),
  ),
];

const hasCheckRegion = (profile: KernelProfile): string | undefined =>
  profile.has.checkRegion
    ? undefined
    : 'It was gone by 4.4: a range that is free now may be taken before it is requested. Just request it.';

const regions: readonly KernelFunction[] = [
  declareWithTexts(
    `struct resource *request_region(${RANGE}, const char *name)`,
    about(HEADER, 'Claim I/O ports; NULL when they are taken.'),
    (ctx, [start, n], [name]) => requestRegion(ctx, start!, n!, name!),
  ),
  declareWithTexts(
    `struct resource *request_muxed_region(${RANGE}, const char *name)`,
    about(HEADER, 'Claim I/O ports that drivers take in turns; NULL while it sleeps until they are released.'),
    (ctx, [start, n], [name]) => requestMuxedRegion(ctx, start!, n!, name!),
  ),
  declareWithTexts(
    `struct resource *request_mem_region(${RANGE}, const char *name)`,
    about(HEADER, 'Claim device memory; NULL when it is taken.'),
    (ctx, [start, n], [name]) => requestMemRegion(ctx, start!, n!, name!),
  ),
  declareWithTexts(
    `struct resource *request_mem_region_exclusive(${RANGE}, const char *name)`,
    about(HEADER, 'Claim device memory that user space must not map.'),
    (ctx, [start, n], [name]) => requestMemRegionExclusive(ctx, start!, n!, name!),
  ),
  declareWithTexts(
    `struct resource *__request_region(struct resource *parent, ${RANGE}, const char *name, int flags = 0)`,
    inResource('What the request macros end in.'),
    (ctx, [parent, start, n, flags = 0n], [name]) => requestRegionBelow(ctx, parent!, start!, n!, name!, flags),
  ),
  declare(
    `void release_region(${RANGE})`,
    about(HEADER, 'Give I/O ports back: exactly the range that was requested.'),
    (ctx, start, n) => releaseRegion(ctx, start!, n!),
  ),
  declare(
    `void release_mem_region(${RANGE})`,
    about(HEADER, 'Give device memory back: exactly the range that was requested.'),
    (ctx, start, n) => releaseMemRegion(ctx, start!, n!),
  ),
  declare(
    `void __release_region(struct resource *parent, ${RANGE})`,
    inResource('What the release macros end in.'),
    (ctx, parent, start, n) => releaseRegionBelow(ctx, parent!, start!, n!),
  ),
  declare(
    `int check_region(${RANGE})`,
    about(HEADER, 'Are I/O ports free? It claims them to find out: 0 or -EBUSY.', hasCheckRegion),
    (ctx, start, n) => checkRegion(ctx, start!, n!),
  ),
  declare(
    `int check_mem_region(${RANGE})`,
    about(HEADER, 'Is device memory free? It claims it to find out: 0 or -EBUSY.', hasCheckRegion),
    (ctx, start, n) => checkMemRegion(ctx, start!, n!),
  ),
  declareWithTexts(
    'void rename_region(struct resource *region, const char *newname)',
    about(HEADER, 'Give a live region another name.'),
    (ctx, [region], [name]) => renameRegion(ctx, region!, name!),
  ),
];

const questions: readonly KernelFunction[] = [
  declare(
    'int iomem_is_exclusive(u64 addr)',
    inResource('1 when /dev/mem must not map the page of an address.'),
    (ctx, address) => iomemIsExclusive(ctx, address!),
  ),
  declare(
    'int iomem_map_sanity_check(resource_size_t addr, unsigned long size)',
    inResource('-1 and a message when a mapping spans more than one device.'),
    (ctx, address, size) => iomemMapSanityCheck(ctx, address!, size!),
  ),
  declare(
    'void set_iomem_end()',
    about('', "What setup_arch() does to the iomem tree: it ends with the CPU's physical addresses."),
    (ctx) => call(ctx, 'set_iomem_end', [], () => cutIomemResource(ctx)),
  ),
];

const hasLegacyRtc = (profile: KernelProfile): string | undefined =>
  profile.resource.legacyRtc ? undefined : 'drivers/char/rtc.c is gone; rtc-cmos drives the clock.';

const drivers: readonly KernelFunction[] = [
  declare(
    'int rtc_init()',
    about('drivers/char/rtc.c', 'The old clock driver starts: it claims eight ports, or two.', hasLegacyRtc),
    (ctx) => rtcInit(ctx),
  ),
  declare('void rtc_exit()', about('drivers/char/rtc.c', 'The old clock driver goes.', hasLegacyRtc), (ctx) =>
    rtcExit(ctx),
  ),
  declareWithTexts(
    `int cmos_do_probe(${RANGE}, const char *device)`,
    about('drivers/rtc/rtc-cmos.c', 'The clock driver claims its ports and names them after its device.'),
    (ctx, [start, n], [device]) => cmosDoProbe(ctx, start!, n!, device!),
  ),
  declare(`void cmos_do_remove(${RANGE})`, about('drivers/rtc/rtc-cmos.c', 'The clock driver goes.'), (ctx, start, n) =>
    cmosDoRemove(ctx, start!, n!),
  ),
];

/** Resource trees, and the drivers that show them. */
export const resourceFunctions: readonly KernelFunction[] = [...nodes, ...regions, ...questions, ...drivers];
