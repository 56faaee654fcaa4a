import { E820 } from '../e820.ts';
import type { E820Facts, E820FunctionNames, ResourceFacts } from '../profile-resources.ts';
import { IORES_DESC } from '../resource.ts';

const resource4_0: ResourceFacts = {
  prefixed: false,
  muxedRetry: 'below-conflict',
  desc: false,
  sysram: false,
  inheritsType: false,
  splitType: false,
  removeResource: false,
  keepsOffE820: true,
  hidesRanges: false,
  ramSearch: 'first-level',
  exclusiveRam: false,
  oopsWords: 'at',
  imageParts: 'without-rodata',
  legacyRtc: true,
};
const resource4_4: ResourceFacts = { ...resource4_0, muxedRetry: 'same-parent', hidesRanges: true };
/** The release of each change was 4.6 for the types; for remove_resource() it was not read. */
const resource4_14: ResourceFacts = {
  ...resource4_4,
  desc: true,
  sysram: true,
  inheritsType: true,
  splitType: true,
  removeResource: true,
};

/** By the series whose source they were read in. */
export const resourceFacts = {
  v4_0: resource4_0,
  v4_4: resource4_4,
  v4_14: resource4_14,
  v6: {
    ...resource4_14,
    prefixed: true,
    ramSearch: 'whole-tree',
    exclusiveRam: true,
    keepsOffE820: false,
    oopsWords: 'address',
    imageParts: 'with-rodata',
    legacyRtc: false,
  },
} as const satisfies Record<string, ResourceFacts>;

const oldNames: E820FunctionNames = {
  memorySetup: 'setup_memory_map',
  rangeAdd: 'e820_add_region',
  rangeUpdate: 'e820_update_range',
  rangeRemove: 'e820_remove_range',
  updateTable: 'sanitize_e820_map',
  printTable: 'e820_print_map',
  setupGap: 'e820_setup_gap',
  reserveResources: 'e820_reserve_resources',
  reserveResourcesLate: 'e820_reserve_resources_late',
};
const newNames: E820FunctionNames = {
  memorySetup: 'e820__memory_setup',
  rangeAdd: 'e820__range_add',
  rangeUpdate: 'e820__range_update',
  rangeRemove: 'e820__range_remove',
  updateTable: 'e820__update_table',
  printTable: 'e820__print_table',
  setupGap: 'e820__setup_pci_gap',
  reserveResources: 'e820__reserve_resources',
  reserveResourcesLate: 'e820__reserve_resources_late',
};

const texts4_0 = {
  [E820.RAM]: 'usable',
  [E820.RESERVED]: 'reserved',
  [E820.ACPI]: 'ACPI data',
  [E820.NVS]: 'ACPI NVS',
  [E820.UNUSABLE]: 'unusable',
  [E820.RESERVED_KERN]: 'usable',
};
const texts4_4 = { ...texts4_0, [E820.PMEM]: 'persistent (type 7)', [E820.PRAM]: 'persistent (type 12)' };

const names4_0 = {
  [E820.RAM]: 'System RAM',
  [E820.ACPI]: 'ACPI Tables',
  [E820.NVS]: 'ACPI Non-volatile Storage',
  [E820.UNUSABLE]: 'Unusable memory',
  [E820.RESERVED_KERN]: 'System RAM',
};
const names4_4 = { ...names4_0, [E820.PMEM]: 'Persistent Memory', [E820.PRAM]: 'Persistent Memory (legacy)' };
const names4_14 = { ...names4_4, [E820.RESERVED]: 'Reserved' };

/** 128 and three a node, for 1,024 nodes; the node limit of these builds is assumed. */
const MAX_ENTRIES = 128 + 3 * 1024;

const e820v4_0: E820Facts = {
  names: oldNames,
  mapPrefix: 'e820: ',
  texts: texts4_0,
  resourceNames: names4_0,
  otherName: 'reserved',
  descs: {},
  notBusy: [E820.RESERVED],
  notMerged: [],
  sanitised: 'before-copy',
  maxEntries: MAX_ENTRIES,
  // The words about a missing gap are not checked in a source, here and below.
  noGap: [
    'e820: cannot find a gap in the 32bit address range',
    'e820: PCI devices with unassigned 32bit BARs may break!',
  ],
  ramConstant: 'E820_RAM',
};
const e820v4_4: E820Facts = {
  ...e820v4_0,
  texts: texts4_4,
  resourceNames: names4_4,
  notBusy: [E820.RESERVED, E820.PMEM, E820.PRAM],
  notMerged: [E820.PRAM],
};
const e820v4_14: E820Facts = {
  ...e820v4_4,
  names: newNames,
  resourceNames: names4_14,
  otherName: 'Unknown E820 type',
  descs: {
    [E820.ACPI]: IORES_DESC.ACPI_TABLES,
    [E820.NVS]: IORES_DESC.ACPI_NV_STORAGE,
    [E820.PMEM]: IORES_DESC.PERSISTENT_MEMORY,
    [E820.PRAM]: IORES_DESC.PERSISTENT_MEMORY_LEGACY,
  },
  sanitised: 'after-copy',
  ramConstant: 'E820_TYPE_RAM',
};
const e820v6: E820Facts = {
  ...e820v4_14,
  mapPrefix: '',
  noGap: [
    'Cannot find an available gap in the 32-bit address range',
    'PCI devices with unassigned 32-bit BARs may not work!',
  ],
  texts: { ...texts4_4, [E820.SOFT_RESERVED]: 'soft reserved' },
  resourceNames: { ...names4_14, [E820.SOFT_RESERVED]: 'Soft Reserved' },
  descs: {
    ...e820v4_14.descs,
    [E820.RESERVED]: IORES_DESC.RESERVED,
    [E820.SOFT_RESERVED]: IORES_DESC.SOFT_RESERVED,
  },
  notBusy: [...e820v4_4.notBusy, E820.SOFT_RESERVED],
  notMerged: [E820.PRAM, E820.SOFT_RESERVED],
};

/** By the series whose source they were read in. */
export const e820Facts = { v4_0: e820v4_0, v4_4: e820v4_4, v4_14: e820v4_14, v6: e820v6 } as const;
