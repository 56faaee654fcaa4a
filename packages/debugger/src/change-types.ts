import type { CallInfo } from './protocol.ts';

/** A 64-bit entry, decoded. */
export interface EntryInfo {
  readonly value: bigint;
  readonly present: boolean;
  /** What it points to: a page, a lower table, or nothing. */
  readonly phys: bigint | null;
  readonly flags: string;
}

/** One thing that an event changed, old to new in the order of time. */
export type Change =
  | {
      readonly kind: 'entry';
      /** Physical address of the table. */
      readonly table: bigint;
      readonly name: string;
      readonly level: string;
      readonly index: number;
      readonly before: EntryInfo;
      readonly after: EntryInfo;
    }
  | { readonly kind: 'table'; readonly table: bigint; readonly name: string; readonly level: string }
  | { readonly kind: 'slot'; readonly slot: number; readonly before: SlotInfo; readonly after: SlotInfo }
  | { readonly kind: 'register' | 'variable'; readonly name: string; readonly before: bigint; readonly after: bigint }
  | {
      readonly kind: 'tlb';
      readonly vaddr: bigint;
      readonly before: CachedInfo | null;
      readonly after: CachedInfo | null;
    }
  | { readonly kind: 'phase'; readonly before: string; readonly after: string }
  /** A resource, an entry of the memory map, a virtual area, a noted memory type. */
  | {
      readonly kind: 'range';
      readonly what: 'iomem' | 'ioport' | 'e820' | 'vmalloc' | 'memtype';
      readonly before: RangeInfo | null;
      readonly after: RangeInfo | null;
    }
  /** Anything else, by where it stands in the machine. */
  | { readonly kind: 'value'; readonly path: string; readonly before: unknown; readonly after: unknown };

export interface SlotInfo {
  readonly slot: number;
  readonly inUse: boolean;
  readonly virt: bigint;
  readonly prevMap: bigint;
  readonly prevSize: bigint;
  readonly phys: bigint;
  readonly pages: number;
  /** Present entries of its window now. */
  readonly presentPages: number;
  /** Seq of slot.claimed, or null. */
  readonly claimedBy: number | null;
  /** The call that claimed it, with its caller and origin; null when free. */
  readonly owner: CallInfo | null;
}

export interface RangeInfo {
  readonly start: bigint;
  /** Last byte or port, inclusive. */
  readonly end: bigint;
  /** A resource's name, a type, or who asked for an area. */
  readonly name: string;
  /** Ancestors of a resource below its root; 0 for the others. */
  readonly depth: number;
}

/** A translation as the TLB holds it. */
export interface CachedInfo {
  readonly vaddr: bigint;
  readonly phys: bigint;
  readonly size: bigint;
  readonly flags: string;
  readonly filledBy: number;
  /** The tables by now say otherwise. */
  readonly stale: boolean;
}
