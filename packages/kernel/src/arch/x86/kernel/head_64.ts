import { PMD_SIZE, PTE, u64, _KERNPG_TABLE, _PAGE_TABLE, type Level } from '@kwind/x86';
import { call, type KernelContext } from '../../../context.ts';
import { CR4, loadCr3, loadCr4, register } from '../../../cpu/tlb.ts';
import { setVariable } from '../../../variables.ts';
import { setEntry } from '../include/pgtable.ts';
import { symbolFrame } from './symbols.ts';

/** Entries of level3_kernel_pgt: the image at -2 GiB, the fixmap in the last GiB. */
const KERNEL_PUD = 510;
const FIXMAP_PUD = 511;
const KERNEL_ENTRY = 511;

/**
 * The page tables and control registers that C code finds: what the assembler laid out in the image, relocated to where
 * the image was loaded. Shown are the final values, one store each; the identity map that is in use while CR3 changes
 * is left out, because reset_early_page_tables() drops it at once, and so are the tables for Xen.
 *
 * @emits phase.entered; table.allocated for each static page, then its entries; cr4.written, cr3.loaded, register.written
 * @kernel arch/x86/kernel/head_64.S startup_64; arch/x86/kernel/head64.c __startup_64() from 4.14 on
 */
export function startup64(ctx: KernelContext): void {
  call(ctx, 'startup_64', [], () => {
    ctx.emit({ type: 'phase.entered', name: 'startup_64' });
    setVariable(ctx, 'phys_base', ctx.profile.physBase);
    const top = upperTables(ctx);
    kernelImageTable(ctx);
    fixmapTables(ctx);
    setRegisters(ctx, top);
  });
}

function allocate(ctx: KernelContext, name: string, level: Level, page = 0): number {
  const table = symbolFrame(ctx, name, page);
  ctx.emit({
    type: 'table.allocated',
    table,
    level,
    name: page === 0 ? name : `${name}+0x${(page * 4096).toString(16)}`,
  });
  return table;
}

const link = (table: number, bits: bigint): bigint => (BigInt(table) << 12n) | bits;

/** From the early root down to level3_kernel_pgt. @returns frame of the early root */
function upperTables(ctx: KernelContext): number {
  const root = allocate(ctx, ctx.profile.earlyRoot, 'pgd');
  const level3 = symbolFrame(ctx, 'level3_kernel_pgt');
  if (ctx.profile.levels === 5) {
    const level4 = allocate(ctx, 'level4_kernel_pgt', 'p4d');
    setEntry(ctx, 'pgd', root, KERNEL_ENTRY, link(level4, _PAGE_TABLE));
    setEntry(ctx, 'p4d', level4, KERNEL_ENTRY, link(level3, _PAGE_TABLE));
  } else {
    setEntry(ctx, 'pgd', root, KERNEL_ENTRY, link(level3, _PAGE_TABLE));
  }
  allocate(ctx, 'level3_kernel_pgt', 'pud');
  setEntry(ctx, 'pud', level3, KERNEL_PUD, link(symbolFrame(ctx, 'level2_kernel_pgt'), _KERNPG_TABLE));
  setEntry(ctx, 'pud', level3, FIXMAP_PUD, link(symbolFrame(ctx, 'level2_fixmap_pgt'), _PAGE_TABLE));
  return root;
}

/**
 * level2_kernel_pgt: executable 2 MiB pages over the whole area of the image. Later kernels (6.x here) take Present away
 * outside _text to _end and leave the other bits of those entries, until cleanup_highmap() clears them; captures of its
 * stores show that no entry was 0. That 4.14 and 4.19 do not do so yet is assumed.
 */
function kernelImageTable(ctx: KernelContext): void {
  const table = allocate(ctx, 'level2_kernel_pgt', 'pmd');
  const { startKernelMap, kernelImageSize, symbols, physBase, head } = ctx.profile;
  const indexOf = (name: string): number => Number(((symbols[name] ?? startKernelMap) - startKernelMap) / PMD_SIZE);
  const [first, last] = [indexOf('_text'), indexOf('_end')];
  for (let index = 0; index < Number(kernelImageSize / PMD_SIZE); index++) {
    const linked = BigInt(index) * PMD_SIZE + ctx.profile.prots['PAGE_KERNEL_LARGE_EXEC']!;
    const outside = head.trimsImageMap && (index < first || index > last);
    // A plain 64-bit addition: an image moved only virtually leaves nonsense in entries that nobody uses.
    setEntry(ctx, 'pmd', table, index, outside ? linked & ~PTE.PRESENT : u64(linked + physBase));
  }
}

/** level2_fixmap_pgt and the static tables of the permanent fixmaps: one under entry 506 up to 4.14, two from 4.19 on. */
function fixmapTables(ctx: KernelContext): void {
  const table = allocate(ctx, 'level2_fixmap_pgt', 'pmd');
  const { fixmapPmdNum, fixmapPmdTop } = ctx.profile;
  const lowest = fixmapPmdTop - fixmapPmdNum + 1;
  for (let page = 0; page < fixmapPmdNum; page++) {
    setEntry(ctx, 'pmd', table, lowest + page, link(allocate(ctx, 'level1_fixmap_pgt', 'pte', page), _PAGE_TABLE));
  }
}

/** In the order of the assembler: paging features, root, NX and long mode, then protection and the rest. */
function setRegisters(ctx: KernelContext, root: number): void {
  const { cr4, head } = ctx.profile;
  loadCr4(ctx, head.pge === 'late' ? cr4 & ~CR4.PGE : cr4);
  loadCr3(ctx, BigInt(root) << 12n);
  // The two later kinds do away with global translations that the loader's tables may have left.
  if (head.pge === 'toggled') loadCr4(ctx, cr4 & ~CR4.PGE);
  if (head.pge !== 'at-once') loadCr4(ctx, cr4);
  ctx.emit({ type: 'register.written', name: 'efer', before: register(ctx, 'efer'), after: ctx.profile.efer });
  ctx.emit({ type: 'register.written', name: 'cr0', before: register(ctx, 'cr0'), after: ctx.profile.cr0 });
}
