/** In what kernels differ around normal ioremap: checks, messages, where areas are placed, and what /proc and debugfs print of it. */
export interface IoremapRules {
  /** Addresses in 0xa0000 to 0xfffff are answered with their direct-map address and take no area (up to 4.9). */
  readonly isaRangeDirect: boolean;
  /** iounmap() of a direct-map ISA address warns (4.14 and later) instead of returning silently. */
  readonly isaUnmapWarns: boolean;
  /** RAM is looked for in whole pages around the request, or only in the bytes asked for, of which whole pages count (4.15 and later). */
  readonly ramCheck: 'pages' | 'bytes';
  /** The frame mask is applied before the size is computed, so that an address with bits beyond it gets a wrong size (before 6.0.11). */
  readonly masksBeforeSize: boolean;
  /** Bits of a physical address that an entry can hold: __PHYSICAL_MASK_SHIFT. */
  readonly physicalMaskBits: 46 | 52;
  /** Name that messages give to the reservation of a memory type. */
  readonly reserveName: 'reserve_memtype' | 'memtype_reserve';
  /** A request across several BARs: a WARN, once (up to 4.9), or a line naming the caller each time. */
  readonly multipleBars: 'warn-once' | 'line';
  /** The variant that maps UC-: ioremap() is another name for it in 4.x. */
  readonly defaultName: 'ioremap_nocache' | 'ioremap';
  /**
   * What becomes of an empty table whose link gives way to a large page: it is lost under the new entry, freed while the CPU
   * may still hold the link (4.4 stable), or freed after a flush (4.18 and later).
   */
  readonly emptyTable: 'overwritten' | 'freed' | 'freed-with-flush';
  readonly vmalloc: VmallocRules;
  readonly directMap: DirectMapRules;
  /** ioremap_page_range() maps nothing but a whole area of ioremap (6.9 and later). */
  readonly checksArea: boolean;
  /** A line of pat_memtype_list: `PAT: [mem start-end] type`, or `type @ start-end`. */
  readonly memtypeList: 'mem' | 'at';
  readonly ptdump: PtdumpRules;
}

export interface VmallocRules {
  /** `next-fit` goes on from the area placed last (up to 5.1); `lowest-fit` takes the lowest hole that is large enough. */
  readonly placement: 'next-fit' | 'lowest-fit';
  /** Order of an ioremap area's alignment: fls() of the size (up to 4.9), or the logarithm rounded up. */
  readonly order: 'fls' | 'count-order';
  /** No area is given out before vmalloc_init() (6.1). */
  readonly needsInit: boolean;
  /** mem_init() fills the root's entries of the whole vmalloc range with empty tables (5.9 and later). */
  readonly preallocatesTables: boolean;
  /** How /proc/vmallocinfo prints a physical address: `%llx`, or `%pa`: 0x and 16 digits. */
  readonly infoPhys: 'llx' | 'pa';
  /** Where /proc/vmallocinfo lists areas that are unmapped and not yet purged. */
  readonly unpurged: 'hidden' | 'in-place' | 'at-end';
}

export interface DirectMapRules {
  /** Pages set aside in brk for the first tables of the direct map. */
  readonly pgtBufPages: 6 | 12;
  /** The kernel has __default_kernel_pte_mask, which its own protections respect (4.17 and later). */
  readonly defaultMask: boolean;
}

export interface PtdumpRules {
  readonly markers: 'basic' | 'cpu-entry' | 'full';
  /** Bit 12 of a large entry is kept for the PAT column; the generic walker of 5.7 masks it away before it looks. */
  readonly keepsPatLarge: boolean;
  /** A change of the rights over all levels breaks a row, also where the entry's own bits are equal (4.17 and later). */
  readonly breaksOnEffective: boolean;
  /** The walk leaves the guard hole between user and kernel half out (5.7 and later), so no row starts or ends there. */
  readonly skipsGuardHole: boolean;
  /** An entry that is not present shows its bits if any is set (4.4); later kernels leave the columns blank. */
  readonly showsAbsentBits: boolean;
}
