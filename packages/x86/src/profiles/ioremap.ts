import type { IoremapRules } from '../profile-ioremap.ts';

const before4_10: IoremapRules = {
  isaRangeDirect: true,
  isaUnmapWarns: false,
  ramCheck: 'pages',
  masksBeforeSize: true,
  physicalMaskBits: 46,
  reserveName: 'reserve_memtype',
  multipleBars: 'warn-once',
  defaultName: 'ioremap_nocache',
  emptyTable: 'overwritten',
  vmalloc: {
    placement: 'next-fit',
    order: 'fls',
    needsInit: false,
    preallocatesTables: false,
    infoPhys: 'llx',
    unpurged: 'hidden',
  },
  directMap: { pgtBufPages: 6, defaultMask: false },
  checksArea: false,
  memtypeList: 'at',
  ptdump: {
    markers: 'basic',
    keepsPatLarge: true,
    breaksOnEffective: false,
    skipsGuardHole: false,
    showsAbsentBits: true,
  },
};

const v4_14: IoremapRules = {
  ...before4_10,
  isaRangeDirect: false,
  isaUnmapWarns: true,
  multipleBars: 'line',
  // The order of the alignment changed in 4.10 and %pa came with 4.13: from memory, checked against a 4.19 source only.
  vmalloc: { ...before4_10.vmalloc, order: 'count-order', infoPhys: 'pa', unpurged: 'in-place' },
  directMap: { pgtBufPages: 12, defaultMask: false },
  ptdump: { ...before4_10.ptdump, showsAbsentBits: false },
};

const v4_19: IoremapRules = {
  ...v4_14,
  ramCheck: 'bytes',
  physicalMaskBits: 52,
  emptyTable: 'freed-with-flush',
  directMap: { pgtBufPages: 12, defaultMask: true },
  ptdump: { ...v4_14.ptdump, markers: 'cpu-entry', breaksOnEffective: true },
};

const v6: IoremapRules = {
  ...v4_19,
  masksBeforeSize: false,
  reserveName: 'memtype_reserve',
  defaultName: 'ioremap',
  vmalloc: {
    placement: 'lowest-fit',
    order: 'count-order',
    needsInit: true,
    preallocatesTables: true,
    infoPhys: 'pa',
    unpurged: 'at-end',
  },
  memtypeList: 'mem',
  ptdump: {
    markers: 'full',
    keepsPatLarge: false,
    breaksOnEffective: true,
    skipsGuardHole: true,
    showsAbsentBits: false,
  },
};

/** Normal ioremap by series. 4.4 is a late stable release, which differs from its neighbours in what it backported. */
export const ioremapRules = {
  v4_9: before4_10,
  v4_4: { ...before4_10, emptyTable: 'freed' },
  v4_14,
  v4_19,
  v6,
  v6_12: { ...v6, checksArea: true },
} as const satisfies Record<string, IoremapRules>;
