import {
  coverageOf,
  entryPhys,
  indexAt,
  isLeaf,
  pfnOf,
  physAddr,
  PHYSICAL_PAGE_MASK,
  PTE,
  PTRS_PER_TABLE,
  vaOfPhys,
  _PAGE_TABLE,
  type Level,
} from '@kwind/x86';
import { call, type KernelContext } from '../../../context.ts';
import { initMmRoot, syncGlobalPgds } from '../../../mm/kernel_tables.ts';
import { anyRam, type ByteRange } from '../../../mm/memblock.ts';
import { pfnPte } from '../include/pfn.ts';
import { setEntry } from '../include/pgtable.ts';
import { maskOf, type MapRange, type PageSizes } from './init_ranges.ts';
import { allocLowPage, type LowPages } from './low_pages.ts';

/** One range being entered into the direct map. */
interface Job {
  readonly ctx: KernelContext;
  /** RAM to the byte. */
  readonly ram: readonly ByteRange[];
  readonly pages: LowPages;
  readonly sizes: PageSizes;
  /** First byte that is not to be mapped. */
  readonly end: bigint;
}

/** Levels below the root, and what each one's entries lead to. */
const below: Readonly<Record<Exclude<Level, 'pte'>, Level>> = { pgd: 'pud', p4d: 'pud', pud: 'pmd', pmd: 'pte' };

/**
 * Enter a range of physical memory into the direct map of init_mm. A table is filled before it is linked. Behind the end of
 * the range, entries up to the end of each table are stored as 0 unless there is RAM, which may be mapped already.
 *
 * @param ram RAM to the byte
 * @param prot bits of each 4 KiB page
 * @returns first byte after what was mapped
 * @emits per missing table table.allocated, its entries, its link; entry stores; sync_global_pgds() when a root entry is new
 * @kernel arch/x86/mm/init_64.c kernel_physical_mapping_init(), phys_p4d_init(), phys_pud_init(), phys_pmd_init(), phys_pte_init()
 */
export function kernelPhysicalMappingInit(
  ctx: KernelContext,
  range: MapRange,
  ram: readonly ByteRange[],
  pages: LowPages,
  prot: bigint,
): bigint {
  return call(ctx, 'kernel_physical_mapping_init', [range.start, range.end, maskOf(range.sizes), prot], () => {
    const job: Job = { ctx, ram, pages, sizes: range.sizes, end: range.end };
    const root = initMmRoot(ctx);
    let last = range.end;
    let changed = false;
    for (let phys = range.start; phys < range.end; phys = nextOf(ctx, 'pgd', phys)) {
      const index = indexAt('pgd', vaOfPhys(ctx.profile, physAddr(phys)), ctx.profile.levels);
      changed ||= ctx.view.pages.entry(root, index) === 0n;
      last = fillBelow(job, 'pgd', root, index, phys, prot);
    }
    if (changed)
      syncGlobalPgds(
        ctx,
        vaOfPhys(ctx.profile, physAddr(range.start)),
        vaOfPhys(ctx.profile, physAddr(range.end - 1n)),
      );
    return last;
  });
}

/** First physical byte that the next entry of a level covers; the direct map may start in the middle of an entry's range. */
function nextOf(ctx: KernelContext, level: Level, phys: bigint): bigint {
  const size = coverageOf(level, ctx.profile.levels);
  const address = vaOfPhys(ctx.profile, physAddr(phys));
  return (address & ~(size - 1n)) + size - ctx.profile.pageOffset;
}

const lowerOf = (ctx: KernelContext, level: Exclude<Level, 'pte'>): Level =>
  level === 'pgd' && ctx.profile.levels === 5 ? 'p4d' : below[level];

/** Fill the table that an entry leads to; without one, make it, fill it, and link it last. @returns first byte not mapped */
function fillBelow(
  job: Job,
  level: Exclude<Level, 'pte'>,
  table: number,
  index: number,
  phys: bigint,
  prot: bigint,
): bigint {
  const { ctx } = job;
  const entry = ctx.view.pages.entry(table, index);
  const lower = lowerOf(ctx, level);
  if (entry !== 0n && !isLeaf(level, entry)) return fillTable(job, lower, pfnOf(entryPhys(level, entry)), phys, prot);
  const next = allocLowPage(ctx, lower, job.pages);
  if (next === null) return phys;
  const last = fillTable(job, lower, next, phys, prot);
  setEntry(ctx, level, table, index, (BigInt(next) << 12n) | _PAGE_TABLE);
  return last;
}

/** Go over a table's entries from the one of `phys` on, to the end of the table (of a p4d table, of the range). */
function fillTable(job: Job, level: Level, table: number, phys: bigint, prot: bigint): bigint {
  const { ctx, end, ram } = job;
  let last = end;
  let at = phys;
  for (
    let index = indexAt(level, vaOfPhys(ctx.profile, physAddr(phys)), ctx.profile.levels);
    index < PTRS_PER_TABLE;
    index++
  ) {
    const next = nextOf(ctx, level, at);
    if (at < end) {
      last = fillEntry(job, level, table, index, at, prot);
    } else if (level === 'p4d') {
      break;
    } else if (!anyRam(ram, next - coverageOf(level, ctx.profile.levels), next)) {
      setEntry(ctx, level, table, index, 0n);
    }
    at = next;
  }
  return last;
}

function fillEntry(job: Job, level: Level, table: number, index: number, phys: bigint, prot: bigint): bigint {
  const { ctx, sizes } = job;
  const entry = ctx.view.pages.entry(table, index);
  const next = nextOf(ctx, level, phys);
  if (level === 'pte') {
    if (entry === 0n) setEntry(ctx, 'pte', table, index, pfnPte(ctx, physAddr(phys), prot));
    return next;
  }
  if (level === 'p4d' || level === 'pgd') return fillBelow(job, level, table, index, phys, prot);
  const isLarge = entry !== 0n && isLeaf(level, entry);
  if (sizes[level] && isLarge) return next;
  if (sizes[level] && entry === 0n) {
    const start = next - coverageOf(level, ctx.profile.levels);
    setEntry(ctx, level, table, index, pfnPte(ctx, physAddr(start), prot | PTE.PSE));
    return next;
  }
  // A large page that may not stay is split: its small pages keep its protection.
  return fillBelow(job, level, table, index, phys, isLarge ? entry & ~PHYSICAL_PAGE_MASK & ~PTE.PSE : prot);
}
