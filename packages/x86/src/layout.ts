import { pfnOf, physAddr, u64, vaddr, type Pfn, type PhysAddr, type Vaddr } from './address.ts';
import { hex } from './hex.ts';
import type { KernelProfile } from './profile.ts';

const PAGE = 4096n;
const EARLY_DYNAMIC_PAGE_TABLES = 64;
/** Symbols that mark a place and have no extent. */
const markers: readonly string[] = [
  '_etext',
  '__start_rodata',
  '__end_rodata',
  '_sdata',
  '_edata',
  '__bss_start',
  '__bss_stop',
  '_end',
];

/**
 * Physical address of a kernel-image or direct-map address; undefined where the kernel's `__pa()` means nothing
 * (user half, vmalloc, modules, fixmap).
 *
 * @kernel arch/x86/include/asm/page_64.h __phys_addr_nodebug(), with the range checks of CONFIG_DEBUG_VIRTUAL
 */
export function paOf(profile: KernelProfile, address: Vaddr): PhysAddr | undefined {
  if (address >= profile.startKernelMap) {
    const offset = address - profile.startKernelMap;
    return offset < profile.kernelImageSize ? physAddr(offset + profile.physBase) : undefined;
  }
  if (address < profile.pageOffset) return undefined;
  // With many physical bits the CPU could address more than fits below vmalloc.
  const phys = address - profile.pageOffset;
  return phys < 1n << BigInt(profile.physBits) && address < profile.vmallocStart ? physAddr(phys) : undefined;
}

/** Address of a physical byte in the direct map: `__va()`. */
export const vaOfPhys = (profile: KernelProfile, phys: PhysAddr): Vaddr => vaddr(phys + profile.pageOffset);

/**
 * Pages of a static page table, or undefined when `name` is not one of them.
 * With page-table isolation built in, each root is followed by the page of its user half.
 * @kernel arch/x86/kernel/head_64.S
 */
function tablePages(profile: KernelProfile, name: string): number | undefined {
  switch (name) {
    case profile.earlyRoot:
    case profile.finalRoot:
      return profile.config['CONFIG_PAGE_TABLE_ISOLATION'] === true ? 2 : 1;
    case 'level1_fixmap_pgt':
      return profile.fixmapPmdNum;
    case 'early_dynamic_pgts':
      return EARLY_DYNAMIC_PAGE_TABLES;
    case 'level4_kernel_pgt':
    case 'level3_ident_pgt':
    case 'level2_ident_pgt':
    case 'level3_kernel_pgt':
    case 'level2_kernel_pgt':
    case 'level2_fixmap_pgt':
    case 'bm_pte':
      return 1;
    default:
      return undefined;
  }
}

interface Extent {
  readonly name: string;
  readonly start: bigint;
  /** First byte that no longer belongs to the symbol. */
  readonly end: bigint;
  readonly isTable: boolean;
}

interface SymbolIndex {
  readonly extents: readonly Extent[];
  readonly tables: ReadonlyMap<Pfn, string>;
}

/** Derived from a frozen profile alone, so keeping it is invisible. */
const indexes = new WeakMap<KernelProfile, SymbolIndex>();

/** Symbols by rising address. A variable of unknown size reaches to the end of its page at most. */
function extentsOf(profile: KernelProfile): Extent[] {
  const endOfText = profile.symbols['_etext'];
  const extents = Object.entries(profile.symbols).map(([name, start]): Extent => {
    const pages = tablePages(profile, name);
    if (pages !== undefined) return { name, start, end: start + BigInt(pages) * PAGE, isTable: true };
    if (markers.includes(name)) return { name, start, end: start + 1n, isTable: false };
    const end = name === '_text' && endOfText !== undefined ? endOfText : (start | (PAGE - 1n)) + 1n;
    return { name, start, end, isTable: false };
  });
  return extents.toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
}

function indexOf(profile: KernelProfile): SymbolIndex {
  const known = indexes.get(profile);
  if (known !== undefined) return known;
  const extents = extentsOf(profile);
  const tables = new Map<Pfn, string>();
  for (const { name, start, end, isTable } of extents) {
    if (!isTable) continue;
    for (let page = start; page < end; page += PAGE) {
      const phys = paOf(profile, vaddr(page));
      if (phys !== undefined) tables.set(pfnOf(phys), withOffset(name, page - start));
    }
  }
  const made = { extents, tables };
  indexes.set(profile, made);
  return made;
}

const withOffset = (name: string, offset: bigint): string => (offset === 0n ? name : `${name}+${hex(offset)}`);

/** `bm_pte+0x10` for an address inside a known kernel-image symbol, else undefined. */
export function symbolAt(profile: KernelProfile, address: Vaddr): string | undefined {
  const found = indexOf(profile).extents.findLast(({ start, end }) => start <= address && address < end);
  return found && withOffset(found.name, u64(address - found.start));
}

/** Name of the static page table in a frame: `bm_pte`, `level1_fixmap_pgt+0x1000`; undefined for any other frame. */
export const tableSymbol = (profile: KernelProfile, frame: Pfn): string | undefined =>
  indexOf(profile).tables.get(frame);
