import { pfnOf, physAddr, PMD_SIZE, entryPhys, indexAt, walkLevels, vaddr } from '@kwind/x86';
import { call, type KernelContext } from '../../../context.ts';
import { initMmRoot } from '../../../mm/kernel_tables.ts';
import { setEntry } from '../include/pgtable.ts';
import { brkEnd } from './low_pages.ts';

/**
 * Take away what the second mapping of the kernel image covers beside the image: 2 MiB entries before _text and behind the
 * end of brk. Entries that are 0 are left alone.
 *
 * @emits pmd.written with 0 for each
 * @kernel arch/x86/mm/init_64.c cleanup_highmap()
 */
export function cleanupHighmap(ctx: KernelContext): void {
  call(ctx, 'cleanup_highmap', [], () => {
    const { startKernelMap, kernelImageSize, symbols } = ctx.profile;
    const text = symbols['_text'] ?? startKernelMap;
    const end = (brkEnd(ctx) + PMD_SIZE - 1n) & ~(PMD_SIZE - 1n);
    const table = imageTable(ctx);
    if (table === undefined) return;
    for (let address: bigint = startKernelMap; address < startKernelMap + kernelImageSize; address += PMD_SIZE) {
      const index = indexAt('pmd', vaddr(address), ctx.profile.levels);
      const isOutside = address < text || address >= end;
      if (isOutside && ctx.view.pages.entry(table, index) !== 0n) setEntry(ctx, 'pmd', table, index, 0n);
    }
  });
}

/** level2_kernel_pgt, found through the tables as they stand. */
function imageTable(ctx: KernelContext): number | undefined {
  let table = initMmRoot(ctx);
  for (const level of walkLevels(ctx.profile.levels)) {
    if (level === 'pmd') return table;
    const entry = ctx.view.pages.entry(table, indexAt(level, ctx.profile.startKernelMap, ctx.profile.levels));
    if (entry === 0n) return undefined;
    table = pfnOf(physAddr(entryPhys(level, entry)));
  }
  return undefined;
}
