import type { E820Entry, KernelProfile, Vaddr } from '@kwind/x86';
import { initialResources, type ResourcesState } from './resources.ts';
import {
  initialMemtypes,
  initialVmalloc,
  type MemtypesState,
  type ReservedRange,
  type VmallocState,
} from './vmalloc.ts';

/** One early_ioremap window as the kernel's three arrays hold it. */
export interface SlotState {
  /** slot_virt[i]; 0 before early_ioremap_setup(). */
  readonly virt: Vaddr;
  /** prev_map[i]; 0 (NULL) when the slot is free. */
  readonly prevMap: Vaddr;
  /** prev_size[i]; stays after a release. */
  readonly prevSize: bigint;
  /** What the live mapping was asked for; 0 when free. */
  readonly phys: bigint;
  readonly pages: number;
  /** Seq of the slot.claimed event, −1 when free. */
  readonly claimedBy: number;
}

/** A cached translation. `prot` holds the effective bits: RW and USER ANDed, NX ORed over the levels, the rest from the leaf. */
export interface TlbEntry {
  readonly vaddr: Vaddr;
  readonly phys: bigint;
  readonly size: bigint;
  readonly prot: bigint;
  readonly filledBy: number;
}

export interface Trouble {
  readonly warnings: number;
  readonly bugs: number;
  readonly faults: number;
  /** Seq of the last warn.raised or bug.raised, or −1. */
  readonly last: number;
}

/** The small, structured part of the machine, kept by immer. */
export interface ControlState {
  readonly registers: Readonly<Record<string, bigint>>;
  /** Variables of the kernel by their names: system_state, after_paging_init, early_ioremap_debug, fixmaps_set, … */
  readonly variables: Readonly<Record<string, bigint>>;
  readonly phase: string;
  readonly slots: readonly SlotState[];
  /** Cached translations by {@link tlbKey}. */
  readonly tlb: Readonly<Record<string, TlbEntry>>;
  readonly trouble: Trouble;
  readonly resources: ResourcesState;
  /** The kernel's memory map, e820_table; in its own order, with empty entries until it is sanitised. */
  readonly e820: readonly E820Entry[];
  /** What memblock set aside, in the order in which it did. */
  readonly reserved: readonly ReservedRange[];
  /** Virtual areas, in use and given up. */
  readonly vmalloc: VmallocState;
  readonly memtypes: MemtypesState;
}

/** Flush counts, apart from the control state because they change with every page. */
export interface Counters {
  readonly pageFlushes: number;
  readonly flushes: number;
  readonly calls: number;
}

/** An open call; `outer` is the call it was made from. A chain, so that entering and leaving costs one small object. */
export interface CallFrame {
  readonly seq: number;
  readonly fn: string;
  readonly args: readonly bigint[];
  readonly text: string;
  readonly caller: string;
  readonly origin: string;
  readonly outer: CallFrame | null;
}

export const freeSlot = { prevMap: 0n as Vaddr, phys: 0n, pages: 0, claimedBy: -1 } as const;

/** Key of a cached translation: page base and size. */
export const tlbKey = (base: bigint, size: bigint): string => `${base.toString(16)}/${size.toString(16)}`;

export const tlbPageSizes = [0x1000n, 0x20_0000n, 0x4000_0000n] as const;

/** The cached translation whose page holds `address`, whatever its size. */
export function tlbLookup(tlb: ControlState['tlb'], address: bigint): TlbEntry | undefined {
  for (const size of tlbPageSizes) {
    const entry = tlb[tlbKey(address & ~(size - 1n), size)];
    if (entry) return entry;
  }
  return undefined;
}

/** The machine at power-on: all registers and variables 0, no tables, no slots based. */
export function initialControl(profile: KernelProfile): ControlState {
  const slot: SlotState = { virt: 0n as Vaddr, prevSize: 0n, ...freeSlot };
  return {
    registers: { cr0: 0n, cr3: 0n, cr4: 0n, efer: 0n },
    variables: {},
    phase: 'power-on',
    slots: Array.from({ length: profile.fixBtmapsSlots }, () => slot),
    tlb: {},
    trouble: { warnings: 0, bugs: 0, faults: 0, last: -1 },
    resources: initialResources(),
    e820: [],
    reserved: [],
    vmalloc: initialVmalloc(),
    memtypes: initialMemtypes(),
  };
}
