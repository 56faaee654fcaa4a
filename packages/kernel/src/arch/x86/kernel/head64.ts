import {
  entryPhys,
  indexAt,
  isPresent,
  paOf,
  pfn,
  pfnOf,
  physAddr,
  PMD_SIZE,
  PTE,
  symbolAt,
  u64,
  vaddr,
  walkLevels,
  _KERNPG_TABLE,
  type Level,
  type Vaddr,
} from '@kwind/x86';
import { rootOf } from '@kwind/state';
import { call, type KernelContext } from '../../../context.ts';
import { loadCr3 } from '../../../cpu/tlb.ts';
import { setVariable, variable } from '../../../variables.ts';
import { setEntry } from '../include/pgtable.ts';
import { flushGlobal } from '../mm/tlb.ts';
import { symbolFrame } from './symbols.ts';

const EARLY_DYNAMIC_PAGE_TABLES = 64;
/** P RW A D PSE: like every kernel mapping of 2 MiB, but neither global nor NX until the CPU was looked at. */
const EARLY_PMD_FLAGS = PTE.PRESENT | PTE.RW | PTE.ACCESSED | PTE.DIRTY | PTE.PSE;
/** Bits of physical memory that the direct map has room for. */
const maxMem = (ctx: KernelContext): bigint => 1n << (ctx.profile.levels === 5 ? 52n : 46n);
const KERNEL_ENTRY = 511;

/**
 * Empty the early root but for the kernel's own entry, start over with the spare tables, and reload CR3.
 * @emits pgd.written for each entry cleared, variable.set next_early_pgt, cr3.loaded, tlb.flushed
 * @kernel arch/x86/kernel/head64.c reset_early_page_tables()
 */
export function resetEarlyPageTables(ctx: KernelContext): void {
  call(ctx, 'reset_early_page_tables', [], () => {
    const root = symbolFrame(ctx, ctx.profile.earlyRoot);
    for (let index = 0; index < KERNEL_ENTRY; index++) {
      if (ctx.view.pages.entry(root, index) !== 0n) setEntry(ctx, 'pgd', root, index, 0n);
    }
    setVariable(ctx, 'next_early_pgt', 0n);
    loadCr3(ctx, BigInt(root) << 12n);
  });
}

/**
 * The first C code: resets the early tables, flushes what the identity map left in the TLB (6.x), and gives
 * the final root the early root's last entry, so that both share every table of the kernel's own range.
 * The final root was cleared before; here that is the page's first appearance.
 *
 * @emits phase.entered, what reset_early_page_tables() does, pgd.populated for the final root
 * @kernel arch/x86/kernel/head64.c x86_64_start_kernel()
 */
export function x86StartKernel(ctx: KernelContext): void {
  call(ctx, 'x86_64_start_kernel', [], () => {
    ctx.emit({ type: 'phase.entered', name: 'x86_64_start_kernel' });
    resetEarlyPageTables(ctx);
    const early = symbolFrame(ctx, ctx.profile.earlyRoot);
    const final = symbolFrame(ctx, ctx.profile.finalRoot);
    ctx.emit({ type: 'table.allocated', table: pfn(final), level: 'pgd', name: ctx.profile.finalRoot });
    if (ctx.profile.head.pge !== 'at-once') flushGlobal(ctx);
    setEntry(ctx, 'pgd', final, KERNEL_ENTRY, ctx.view.pages.entry(early, KERNEL_ENTRY));
  });
}

/**
 * What the early page-fault handler does: map the 2 MiB around a direct-map address through the early root, with tables
 * from early_dynamic_pgts. This is how C code reaches physical memory before init_mem_mapping() has built the direct map.
 * When the 64 spare tables run out, all of them are dropped and the mapping starts over.
 *
 * @returns false for an address outside the direct map, or once another root is loaded: the fault is a real one
 * @emits table.allocated and an entry event for each level missing, pmd.written
 * @kernel arch/x86/kernel/head64.c early_make_pgtable()
 */
export function earlyMakePgtable(ctx: KernelContext, address: Vaddr): boolean {
  const phys = u64(address - ctx.profile.pageOffset);
  const isEarly = ctx.profile.mmu && pfnOf(rootOf(ctx.view)) === symbolFrame(ctx, ctx.profile.earlyRoot);
  if (!isEarly || phys >= maxMem(ctx)) return false;
  return call(ctx, 'early_make_pgtable', [address], () => (mapEarly(ctx, address, phys) ? 1n : 0n)) === 1n;
}

function mapEarly(ctx: KernelContext, address: Vaddr, phys: bigint): boolean {
  let table: number = pfnOf(rootOf(ctx.view));
  const levels = walkLevels(ctx.profile.levels);
  for (const [depth, level] of levels.entries()) {
    const index = indexAt(level, address, ctx.profile.levels);
    if (level === 'pmd') {
      setEntry(ctx, 'pmd', table, index, (phys & ~(PMD_SIZE - 1n)) | EARLY_PMD_FLAGS);
      return true;
    }
    const entry = ctx.view.pages.entry(table, index);
    if (isPresent(entry)) {
      table = pfnOf(entryPhys(level, entry));
      continue;
    }
    const next = nextEarlyTable(ctx, levels[depth + 1]!);
    if (next === undefined) {
      resetEarlyPageTables(ctx);
      return mapEarly(ctx, address, phys);
    }
    setEntry(ctx, level, table, index, (BigInt(next) << 12n) | _KERNPG_TABLE);
    table = next;
  }
  return false;
}

/** The next spare table, zeroed; undefined when all are in use. */
function nextEarlyTable(ctx: KernelContext, level: Level): number | undefined {
  const used = variable(ctx, 'next_early_pgt');
  if (used >= BigInt(EARLY_DYNAMIC_PAGE_TABLES)) return undefined;
  const address = vaddr(ctx.profile.symbols['early_dynamic_pgts']! + used * 4096n);
  const table = pfnOf(paOf(ctx.profile, address) ?? physAddr(0n));
  setVariable(ctx, 'next_early_pgt', used + 1n);
  ctx.emit({ type: 'table.allocated', table, level, name: symbolAt(ctx.profile, address) ?? 'early_dynamic_pgts' });
  return table;
}
