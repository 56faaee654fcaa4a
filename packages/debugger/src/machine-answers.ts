import type { Place } from './protocol.ts';

/** What `/proc`, debugfs or the log of a kernel shows; `text` is its own form of it, '' where nobody can print that. */
interface KernelView {
  readonly at: Place;
  readonly text: string;
}

export interface ResourcesView extends KernelView {
  readonly type: 'iomem' | 'ioports';
  /** False for what a user without CAP_SYS_ADMIN reads: `text` may hide the ranges. */
  readonly privileged: boolean;
  readonly resources: readonly ResourceRow[];
}
/** Both trees. */
export interface AllResourcesView extends KernelView {
  readonly type: 'resources';
  readonly privileged: boolean;
  readonly iomem: readonly ResourceRow[];
  readonly ioports: readonly ResourceRow[];
}
/** A resource with those below it. */
export interface ResourceRow {
  readonly name: string;
  readonly start: bigint;
  /** Last byte or port, inclusive. */
  readonly end: bigint;
  readonly flags: bigint;
  readonly busy: boolean;
  /** 0 for those right below the root. */
  readonly depth: number;
  readonly children: readonly ResourceRow[];
}

export interface VmallocView extends KernelView {
  readonly type: 'vmalloc';
  readonly areas: readonly VmallocArea[];
  /** Given up, and not yet free again: a TLB may still hold them. */
  readonly lazy: readonly { readonly start: bigint; readonly end: bigint }[];
}
export interface VmallocArea {
  readonly start: bigint;
  /** First byte after the guard page. */
  readonly end: bigint;
  readonly kind: 'ioremap' | 'vmalloc' | 'vmap' | 'other';
  readonly phys: bigint;
  readonly pages: number;
  readonly caller: string;
  /** Seq of area.claimed. */
  readonly claimedBy: number;
}

export interface MemoryMapView extends KernelView {
  readonly type: 'e820';
  readonly entries: readonly MemoryMapRow[];
}
export interface MemoryMapRow {
  readonly start: bigint;
  readonly end: bigint;
  readonly size: bigint;
  readonly kind: number;
  /** The type in the words of this kernel's log. */
  readonly text: string;
}

export interface PatView extends KernelView {
  readonly type: 'pat';
  /** Memory types of the eight slots of the PAT register. */
  readonly slots: readonly string[];
  readonly noted: readonly MemtypeRow[];
  /** RAM marked with another type than write-back. */
  readonly pages: readonly MemtypeRow[];
}
export interface MemtypeRow {
  readonly start: bigint;
  /** First byte after it. */
  readonly end: bigint;
  readonly memoryType: string;
}

/** The kernel's dump of its page tables; `info pagetable` answers with the same as data. */
export interface PtdumpView extends KernelView {
  readonly type: 'ptdump';
}

export type MachineInfo = ResourcesView | AllResourcesView | VmallocView | MemoryMapView | PatView | PtdumpView;
export type MachineTopic = MachineInfo['type'];
