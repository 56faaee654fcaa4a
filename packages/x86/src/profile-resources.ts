/** In what kernel/resource.c and its /proc files differ between builds. */
export interface ResourceFacts {
  /** Warnings and notices begin with `resource: ` and print ranges with 0x (6.x); errors always begin so. */
  readonly prefixed: boolean;
  /**
   * Where __request_region() looks again after it slept on a muxed region: below the same parent, or (4.0, a bug) below
   * the region that it slept on, which may be freed by then.
   */
  readonly muxedRetry: 'same-parent' | 'below-conflict';
  /** struct resource has `desc`. */
  readonly desc: boolean;
  /** System RAM is marked by a flag of its own (4.6), not by its name. */
  readonly sysram: boolean;
  /** A region takes extended type and desc of the resource that it lands under (4.6). */
  readonly inheritsType: boolean;
  /** Flags of the pieces that reserve_region_with_split() makes: BUSY, with the type of the root (4.6) or without. */
  readonly splitType: boolean;
  readonly removeResource: boolean;
  /** allocate_resource() keeps memory off every entry of the memory map (up to 5.18); the last 2 MiB below 4 GiB always. */
  readonly keepsOffE820: boolean;
  /** Readers without CAP_SYS_ADMIN see every range as zeros. */
  readonly hidesRanges: boolean;
  /** Which nodes the search for System RAM sees. */
  readonly ramSearch: 'first-level' | 'whole-tree';
  /** Exclusive System RAM is closed to /dev/mem, busy or not. */
  readonly exclusiveRam: boolean;
  /** How the kernel says that it followed such a pointer to nowhere: `…, address: 0…38` (5.1), or `… at 0…30`. */
  readonly oopsWords: 'address' | 'at';
  /** The kernel's own resources: rodata apart and data from _sdata (5.5), or data from _etext. */
  readonly imageParts: 'with-rodata' | 'without-rodata';
  /** drivers/char/rtc.c is in the tree. */
  readonly legacyRtc: boolean;
}

/** Functions of e820.c that were renamed in 4.12. */
export interface E820FunctionNames {
  readonly memorySetup: string;
  readonly rangeAdd: string;
  readonly rangeUpdate: string;
  readonly rangeRemove: string;
  readonly updateTable: string;
  readonly printTable: string;
  readonly setupGap: string;
  readonly reserveResources: string;
  readonly reserveResourcesLate: string;
}

/** In what e820.c differs between builds; types are numbers, see E820. */
export interface E820Facts {
  readonly names: E820FunctionNames;
  /** What stands before `BIOS-provided physical RAM map:` and before the PCI gap. */
  readonly mapPrefix: '' | 'e820: ';
  /** Log text by type; another type prints as its number. */
  readonly texts: Readonly<Record<number, string>>;
  /** Resource name by type, and that of any other type. */
  readonly resourceNames: Readonly<Record<number, string>>;
  readonly otherName: string;
  /** IORES_DESC_* by type; any other has none. */
  readonly descs: Readonly<Record<number, number>>;
  /** Types that are not reserved at once when they start at 1 MiB or above. */
  readonly notBusy: readonly number[];
  /** Types whose neighbours are never merged. */
  readonly notMerged: readonly number[];
  /** The firmware's list is sanitised before it is copied to the kernel's table, or the table after that. */
  readonly sanitised: 'before-copy' | 'after-copy';
  readonly maxEntries: number;
  /** Two lines when there is no gap for PCI. */
  readonly noGap: readonly string[];
  /** What the kernel calls the type of RAM in a warning. */
  readonly ramConstant: 'E820_RAM' | 'E820_TYPE_RAM';
}
