import {
  cacheModeBits,
  CACHE_MASK,
  entryPhys,
  isLeaf,
  isPresent,
  PAGE_SIZE,
  physAddr,
  PHYSICAL_PAGE_MASK,
  PMD_SIZE,
  protFor4kInLarge,
  PTE,
  PTRS_PER_PTE,
  PUD_SIZE,
  vaOfPhys,
  _KERNPG_TABLE,
  type CacheMode,
  type Level,
  type Vaddr,
} from '@kwind/x86';
import { call, type KernelContext } from '../../../../context.ts';
import { lookUp, type KernelEntry } from '../../../../mm/kernel_tables.ts';
import { allocTable } from '../../../../mm/page_alloc.ts';
import { pageIsRam } from '../../../../mm/system_ram.ts';
import { vmUnmapAliases } from '../../../../mm/vmalloc.ts';
import { variable } from '../../../../variables.ts';
import { setEntry } from '../../include/pgtable.ts';
import { flushAll } from '../tlb.ts';

const sizes: Partial<Record<Level, bigint>> = { pte: PAGE_SIZE, pmd: PMD_SIZE, pud: PUD_SIZE };
const lower = { pud: 'pmd', pmd: 'pte' } as const;

/**
 * Give the direct map of a physical range the memory type that a new mapping of it has, so that no page is mapped with two.
 * Only RAM has a direct map; ranges outside it and above all memory are left alone. The second mapping of the kernel image,
 * which the kernel changes too, is left out.
 *
 * @returns 0
 * @emits for RAM whose entries have another type: a purge of virtual areas, the entries (a large page that is covered in part
 *        is split first, with a global flush), and a global flush
 * @kernel arch/x86/mm/pat/memtype.c memtype_kernel_map_sync(), up to 5.x kernel_map_sync_memtype();
 *         arch/x86/mm/pat/set_memory.c change_page_attr_set_clr()
 */
export function memtypeKernelMapSync(ctx: KernelContext, phys: bigint, size: bigint, mode: CacheMode): bigint {
  const high = variable(ctx, 'high_memory') - ctx.profile.pageOffset;
  if (phys >= high || !pageIsRam(ctx, phys)) return 0n;
  const name =
    ctx.profile.ioremap.reserveName === 'memtype_reserve' ? 'memtype_kernel_map_sync' : 'kernel_map_sync_memtype';
  return call(ctx, name, [phys, size], () => {
    vmUnmapAliases(ctx);
    const end = phys + size > high ? high : phys + size;
    let changed = false;
    for (let at = phys; at < end;) {
      const step = changeEntry(ctx, vaOfPhys(ctx.profile, physAddr(at)), end - at, mode);
      changed ||= step.changed;
      at += step.size;
    }
    if (changed) flushAll(ctx);
    return 0n;
  });
}

interface Step {
  readonly size: bigint;
  readonly changed: boolean;
}

function changeEntry(ctx: KernelContext, address: Vaddr, left: bigint, mode: CacheMode): Step {
  const found = lookUp(ctx, address, 'pte');
  const size = sizes[found.level] ?? PAGE_SIZE;
  const isMapped = isPresent(found.entry) && isLeaf(found.level, found.entry);
  const wanted = isMapped ? withMode(ctx, found, mode) : found.entry;
  const within = size - (address & (size - 1n));
  if (wanted === found.entry) return { size: within, changed: false };
  const isWhole = within === size && left >= size;
  if (!isWhole && (found.level === 'pud' || found.level === 'pmd')) {
    splitLargePage(ctx, found, found.level);
    return changeEntry(ctx, address, left, mode);
  }
  setEntry(ctx, found.level, found.table, found.index, wanted);
  return { size, changed: true };
}

function withMode(ctx: KernelContext, { level, entry }: KernelEntry, mode: CacheMode): bigint {
  const bits = cacheModeBits(ctx.profile, mode);
  if (level === 'pte') return (entry & ~CACHE_MASK) | bits;
  return (entry & ~(PTE.PWT | PTE.PCD | PTE.PAT_LARGE)) | protFor4kInLarge(bits);
}

/**
 * Replace a large page by a table of the next smaller ones, with the same protection.
 * @kernel arch/x86/mm/pat/set_memory.c __split_large_page()
 */
function splitLargePage(ctx: KernelContext, { table, index, entry }: KernelEntry, level: 'pud' | 'pmd'): void {
  const below = lower[level];
  const next = allocTable(ctx, below);
  const start = entryPhys(level, entry) & ~(sizes[level]! - 1n);
  const step = sizes[below]!;
  const flags = entry & ~PHYSICAL_PAGE_MASK;
  const pat = (entry & PTE.PAT_LARGE) !== 0n;
  const bits = below === 'pmd' ? flags | (pat ? PTE.PAT_LARGE : 0n) : (flags & ~PTE.PSE) | (pat ? PTE.PAT : 0n);
  for (let at = 0; at < PTRS_PER_PTE; at++) setEntry(ctx, below, next, at, (start + BigInt(at) * step) | bits);
  setEntry(ctx, level, table, index, (BigInt(next) << 12n) | _KERNPG_TABLE);
  // The CPU may hold both the large translation and small ones until everything is gone.
  flushAll(ctx);
}
