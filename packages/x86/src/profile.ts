import type { PhysAddr, Vaddr } from './address.ts';
import type { BootFacts } from './profile-boot.ts';
import type { IoremapRules } from './profile-ioremap.ts';
import type { E820Facts, ResourceFacts } from './profile-resources.ts';
import type { MemoryType } from './pte.ts';

/** A row of `enum fixed_addresses`: `pages` consecutive indices from `index`. */
export interface FixmapEntry {
  readonly name: string;
  readonly index: number;
  readonly pages: number;
  /** Option that puts the row in, or '' when it is always there. */
  readonly condition: string;
}

/** The index table of one build. All numbers are fixmap indices; index n is the page FIXADDR_TOP − n · 4096. */
export interface FixmapTable {
  readonly entries: readonly FixmapEntry[];
  readonly endOfPermanent: number;
  readonly btmapEnd: number;
  readonly btmapBegin: number;
  readonly endOfFixed: number;
}

/** Which words a kernel's early_ioremap messages use. */
export interface EarlyIoremapMessages {
  /** `%pa` prints 0x and 16 digits (6.x); `llx` at least 8 digits without prefix (up to 5.0). */
  readonly physFormat: 'pa' | 'llx';
  /** `%p`: raw digits up to 4.14, a hash (here the placeholder of an unseeded hash) from 4.15, unless no_hash_pointers. */
  readonly pointerFormat: 'raw' | 'hashed';
  /** `mm/early_ioremap.c:157` of the debug line's WARN frame. */
  readonly mapWarnLine: number;
  /** The same for the debug line of early_iounmap(); 0 in either where the line was not recorded. */
  readonly unmapWarnLine: number;
}

/** Kernel-image symbols that own page-table pages or matter for translation; link-time virtual addresses. */
export type ImageSymbols = Readonly<Record<string, Vaddr>>;

/** Which mask a setter ANDs into the protection before it builds an entry. */
export type ProtMask = 'none' | '__default_kernel_pte_mask' | '__supported_pte_mask';

/**
 * One kernel build as data: everything in which kernels differ, so that simulated functions read
 * `profile.fixmapPmdNum` and never compare version numbers. Stored in a trace by name and overrides.
 */
export interface KernelProfile {
  readonly name: string;
  readonly title: string;
  /** Kernel series, for people: '6.1'. */
  readonly kernel: string;
  /** The overrides this value was built with, as `key=value` text, in the order given; what a trace header stores. */
  readonly overrides: readonly string[];

  readonly levels: 4 | 5;
  readonly nrCpus: number;
  readonly config: Readonly<Record<string, boolean>>;
  readonly mmu: boolean;

  readonly fixmap: FixmapTable;
  readonly fixaddrTop: Vaddr;
  readonly nrFixBtmaps: number;
  readonly fixBtmapsSlots: number;
  /** level1_fixmap_pgt pages and the level2_fixmap_pgt index of the topmost: 1 and 506 up to 4.14, 2 and 507 after. */
  readonly fixmapPmdNum: number;
  readonly fixmapPmdTop: number;

  /** Named protections: FIXMAP_PAGE_IO, FIXMAP_PAGE_NORMAL, FIXMAP_PAGE_RO, FIXMAP_PAGE_NOCACHE, PAGE_KERNEL, … */
  readonly prots: Readonly<Record<string, bigint>>;
  /** The two masks as they are after init_mem_mapping() has probed the CPU; before it both keep every bit. */
  readonly supportedPteMask: bigint;
  readonly defaultKernelPteMask: bigint;
  readonly earlyFixmapMask: ProtMask;
  readonly setFixmapMask: ProtMask;
  /** Physical address bits of the CPU (e820 and ioremap checks, reserved bits of entries). */
  readonly physBits: number;
  /** The CPU has pages of 1 GiB; QEMU's default one has none. */
  readonly gbPages: boolean;
  /** The CPU has NX, and global pages. */
  readonly nx: boolean;
  readonly pge: boolean;
  /** Memory types are tracked: neither `nopat` nor an old CPU turned that off. */
  readonly pat: boolean;
  /** Memory types of PAT slots 0 to 7 once pat_init() has run on a CPU with a full PAT. */
  readonly patTypes: readonly MemoryType[];

  readonly earlySetup: 'warn-and-stop' | 'warn-once';
  /** When __early_ioremap() warns about system_state: any state but BOOTING (4.0), or RUNNING and later. */
  readonly stateWarning: 'not-booting' | 'running';
  /** Names of the values of system_state; the index is the value. SYSTEM_BOOTING is 0 in every kernel. */
  readonly systemStates: readonly string[];
  readonly messages: EarlyIoremapMessages;
  /** Functions the generic part has in this series beyond the basic ones. */
  readonly has: {
    readonly earlyIoremapShutdown: boolean;
    readonly earlyMemremapRo: boolean;
    readonly earlyMemremapProt: boolean;
    readonly copyFromEarlyMem: boolean;
    readonly p4dLevel: boolean;
    /** check_region() and check_mem_region(): gone by 4.4. */
    readonly checkRegion: boolean;
  };

  readonly tlb: {
    /** Kernel name of the one-page flush: __flush_tlb_one, __flush_tlb_one_kernel or flush_tlb_one_kernel. */
    readonly flushOneKernel: string;
    /** What it ends in: __flush_tlb_single, __native_flush_tlb_single or native_flush_tlb_one_user. */
    readonly flushOneNative: string;
    readonly flushLocal: string;
    readonly flushGlobal: string;
    readonly flushAll: string;
    /** Without it a one-page flush falls back to reloading CR3 (a 386-era kernel; a switch for the legacy text). */
    readonly cpuHasInvlpg: boolean;
    /** An erratum: while PCIDs are on, INVLPG leaves global translations where they are. */
    readonly invlpgKeepsGlobal: boolean;
    /** flush_tlb_kernel_range() flushes page by page up to this many pages. */
    readonly singlePageFlushCeiling: number;
  };

  /** In what the start-up code differs. */
  readonly head: {
    /** CR4.PGE: set with the other bits; set so, and toggled once after CR3 was loaded; or set only then. */
    readonly pge: 'at-once' | 'toggled' | 'late';
    /** __startup_64() takes Present away in level2_kernel_pgt outside _text to _end. */
    readonly trimsImageMap: boolean;
  };
  /** pfn_pte() keeps frame bits to 12..51 and inverts them under a protection that is not present (the L1TF mitigation). */
  readonly pfnPteInverts: boolean;

  /** Resource trees and the memory map. */
  readonly resource: ResourceFacts;
  readonly e820: E820Facts;
  /** Normal ioremap, the vmalloc area and the direct map. */
  readonly ioremap: IoremapRules;
  /** The order of a whole boot, and who maps what in it. */
  readonly boot: BootFacts;

  /** Control registers when C code starts. */
  readonly cr0: bigint;
  readonly cr4: bigint;
  readonly efer: bigint;

  readonly pageOffset: Vaddr;
  /** Where the direct map starts until kernel_randomize_memory() moves it. */
  readonly earlyPageOffset: Vaddr;
  readonly vmallocStart: Vaddr;
  readonly startKernelMap: Vaddr;
  readonly kernelImageSize: bigint;
  readonly modulesVaddr: Vaddr;
  readonly modulesEnd: Vaddr;
  readonly physBase: PhysAddr;
  readonly symbols: ImageSymbols;
  /** Symbol names of the boot and the final root table: early_top_pgt/init_top_pgt, or the level4 names. */
  readonly earlyRoot: string;
  readonly finalRoot: string;
}
