import type { CacheMode } from '@kwind/x86';

/** VM_* flags of an area. @kernel include/linux/vmalloc.h */
export const VM = { IOREMAP: 1, ALLOC: 2, MAP: 4 } as const;

/** A virtual area that is in use: vmap_area and vm_struct in one. */
export interface VmapArea {
  readonly start: bigint;
  /** First byte after the guard page. */
  readonly end: bigint;
  /** What it maps if it is of ioremap, else 0. */
  readonly phys: bigint;
  readonly flags: number;
  /** Ordinary pages in it: nr_pages. */
  readonly pages: number;
  /** Who asked, as symbol+0xoffset/0xsize; '' when nobody said. */
  readonly caller: string;
  readonly claimedBy: number;
}

/** An area that was unmapped and given up, and is not free yet. */
export interface LazyArea {
  readonly start: bigint;
  readonly end: bigint;
  readonly releasedBy: number;
}

/** A memory type noted for a physical range; `end` is the first byte after it. */
export interface MemtypeRange {
  readonly start: bigint;
  readonly end: bigint;
  readonly type: CacheMode;
}

export interface VmallocState {
  /** By rising address. */
  readonly areas: readonly VmapArea[];
  /** In the order in which they were given up. */
  readonly lazy: readonly LazyArea[];
}

export interface MemtypesState {
  /** Notes by rising start, then end; of equal ones the earlier first. They may overlap if they agree. */
  readonly noted: readonly MemtypeRange[];
  /** RAM whose pages are marked with another type than write-back; disjoint, by rising address. */
  readonly pages: readonly MemtypeRange[];
}

/** A physical range that was set aside by memblock; `end` is the first byte after it. */
export interface ReservedRange {
  readonly start: bigint;
  readonly end: bigint;
  readonly name: string;
}

export const initialVmalloc = (): VmallocState => ({ areas: [], lazy: [] });
export const initialMemtypes = (): MemtypesState => ({ noted: [], pages: [] });
