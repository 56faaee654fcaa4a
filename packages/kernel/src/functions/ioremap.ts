import { cacheModes, vaddr, type CacheMode, type KernelProfile } from '@kwind/x86';
import { mtrrAdd, mtrrSetDefault } from '../arch/x86/kernel/cpu/mtrr.ts';
import { cleanupHighmap } from '../arch/x86/mm/cleanup_highmap.ts';
import { initMemMapping } from '../arch/x86/mm/init.ts';
import { ioremapCaller } from '../arch/x86/mm/ioremap_caller.ts';
import {
  ioremap,
  ioremapCache,
  ioremapEncrypted,
  ioremapNocache,
  ioremapProt,
  ioremapUc,
  ioremapWc,
  ioremapWt,
  iounmap,
} from '../arch/x86/mm/ioremap_variants.ts';
import { earlyAllocPgtBuf } from '../arch/x86/mm/low_pages.ts';
import { memInit } from '../arch/x86/mm/mem_init.ts';
import type { KernelFunction } from '../function.ts';
import { memremap, memunmap } from '../kernel/iomem.ts';
import { ioremapPageRange } from '../mm/ioremap_page_range.ts';
import { memblockReserve } from '../mm/memblock.ts';
import { pagingInit } from '../mm/sparse.ts';
import { vfree, vmalloc, vmallocInit, vmallocNode, vmUnmapAliases } from '../mm/vmalloc.ts';
import { declare } from './declare.ts';

const X86 = 'arch/x86/mm/ioremap.c';
const VMALLOC = 'mm/vmalloc.c';
const IOMEM = 'kernel/iomem.c';
const INIT = 'arch/x86/mm/init.c';
const INIT_64 = 'arch/x86/mm/init_64.c';
const MTRR_FILE = 'arch/x86/kernel/cpu/mtrr/mtrr.c';
const RANGE = 'resource_size_t phys_addr, unsigned long size';

const only4x = (profile: KernelProfile): string | undefined =>
  profile.ioremap.defaultName === 'ioremap'
    ? `ioremap_nocache() went in 5.6; ${profile.kernel} calls it ioremap().`
    : undefined;
const from4x14 = (profile: KernelProfile): string | undefined =>
  profile.has.earlyMemremapProt ? undefined : `${profile.kernel} has no ioremap_encrypted().`;

/** A number that is no memory type maps strictly uncached, as the kernel's own switch does. */
const cacheMode = (value: bigint): CacheMode => cacheModes[Number(BigInt.asUintN(32, value))] ?? 'UC';

const mapping: readonly KernelFunction[] = [
  declare(
    `void __iomem *ioremap(${RANGE})`,
    { file: X86, doc: 'Map device memory, UC-, into an area of its own.' },
    (ctx, phys, size) => ioremap(ctx, phys!, size!),
  ),
  declare(
    `void __iomem *ioremap_nocache(${RANGE})`,
    { file: X86, doc: 'ioremap() as 4.x calls it.', missing: only4x },
    (ctx, phys, size) => ioremapNocache(ctx, phys!, size!),
  ),
  declare(
    `void __iomem *ioremap_uc(${RANGE})`,
    { file: X86, doc: 'Map device memory strictly uncached.' },
    (ctx, phys, size) => ioremapUc(ctx, phys!, size!),
  ),
  declare(
    `void __iomem *ioremap_wc(${RANGE})`,
    { file: X86, doc: 'Map device memory write-combining.' },
    (ctx, phys, size) => ioremapWc(ctx, phys!, size!),
  ),
  declare(
    `void __iomem *ioremap_wt(${RANGE})`,
    { file: X86, doc: 'Map device memory write-through.' },
    (ctx, phys, size) => ioremapWt(ctx, phys!, size!),
  ),
  declare(`void __iomem *ioremap_cache(${RANGE})`, { file: X86, doc: 'Map memory write-back.' }, (ctx, phys, size) =>
    ioremapCache(ctx, phys!, size!),
  ),
  declare(
    `void __iomem *ioremap_prot(${RANGE}, unsigned long prot_val)`,
    { file: X86, doc: 'Map device memory with the type that protection bits give.' },
    (ctx, phys, size, prot) => ioremapProt(ctx, phys!, size!, prot!),
  ),
  declare(
    `void __iomem *ioremap_encrypted(${RANGE})`,
    { file: X86, doc: 'ioremap_cache() for encrypted memory.', missing: from4x14 },
    (ctx, phys, size) => ioremapEncrypted(ctx, phys!, size!),
  ),
  declare(
    `void __iomem *__ioremap_caller(${RANGE}, enum page_cache_mode pcm)`,
    { file: X86, doc: 'What all of them end in; the type is 0 WB, 1 WC, 2 UC-, 3 UC, 4 WT, 5 WP.' },
    (ctx, phys, size, mode) => ioremapCaller(ctx, phys!, size!, cacheMode(mode!)),
  ),
  declare('void iounmap(void __iomem *addr)', { file: X86, doc: 'Undo a mapping of ioremap().' }, (ctx, addr) =>
    iounmap(ctx, addr!),
  ),
  declare(
    'int ioremap_page_range(unsigned long addr, unsigned long end, phys_addr_t phys_addr, pgprot_t prot)',
    { file: VMALLOC, doc: 'Map device memory at a given address.' },
    (ctx, addr, end, phys, prot) => ioremapPageRange(ctx, vaddr(addr!), vaddr(end!), phys!, prot!),
  ),
  declare(
    'void *memremap(resource_size_t offset, size_t size, unsigned long flags)',
    { file: IOMEM, doc: 'Map memory that is no device; flags are 1 WB, 2 WT, 4 WC, 8 ENC, 16 DEC.' },
    (ctx, phys, size, flags) => memremap(ctx, phys!, size!, flags!),
  ),
  declare('void memunmap(void *addr)', { file: IOMEM, doc: 'Undo memremap().' }, (ctx, addr) => memunmap(ctx, addr!)),
];

const areas: readonly KernelFunction[] = [
  declare(
    'void vmalloc_init()',
    { file: VMALLOC, doc: 'From here on virtual areas are given out; 6.x refuses before.' },
    (ctx) => vmallocInit(ctx),
  ),
  declare(
    'void *vmalloc(unsigned long size)',
    { file: VMALLOC, doc: 'Take pages and map them one after the other.' },
    (ctx, size) => vmalloc(ctx, size!),
  ),
  declare(
    'void *__vmalloc_node(unsigned long size, unsigned long align)',
    { file: VMALLOC, doc: 'vmalloc() with an alignment, as the stacks of processes have it.' },
    (ctx, size, align) => vmallocNode(ctx, size!, align!),
  ),
  declare('void vfree(const void *addr)', { file: VMALLOC, doc: 'Give back what vmalloc() took.' }, (ctx, addr) =>
    vfree(ctx, addr!),
  ),
  declare('void vm_unmap_aliases()', { file: VMALLOC, doc: 'Flush and free the areas that were given up.' }, (ctx) =>
    vmUnmapAliases(ctx),
  ),
];

const early: readonly KernelFunction[] = [
  declare(
    'void memblock_reserve(phys_addr_t base, phys_addr_t size)',
    { file: 'mm/memblock.c', doc: 'Set physical memory aside: an initrd, for example.' },
    (ctx, base, size) => memblockReserve(ctx, base!, size!),
  ),
  declare(
    'void early_alloc_pgt_buf()',
    { file: INIT, doc: 'Set pages aside for the first tables of the direct map.' },
    (ctx) => earlyAllocPgtBuf(ctx),
  ),
  declare(
    'void cleanup_highmap()',
    { file: INIT_64, doc: 'Clear what the image mapping covers beside the image.' },
    (ctx) => cleanupHighmap(ctx),
  ),
  declare(
    'void init_mem_mapping()',
    { file: INIT, doc: 'Build the direct map of all RAM and switch to the final tables.' },
    (ctx) => initMemMapping(ctx),
  ),
  declare('void paging_init()', { file: INIT_64, doc: 'Map struct page for all memory.' }, (ctx) => pagingInit(ctx)),
  declare(
    'void mem_init()',
    { file: INIT_64, doc: 'Memory goes to the page allocator; 6.x fills the root entries of the vmalloc area.' },
    (ctx) => memInit(ctx),
  ),
];

const types: readonly KernelFunction[] = [
  declare(
    'void mtrr_set_default(unsigned int type)',
    {
      file: '',
      doc: 'What firmware does: MTRRs on, with a type for memory that no range covers (0 UC, 1 WC, 4 WT, 5 WP, 6 WB).',
      withoutMmu: true,
    },
    (ctx, type) => mtrrSetDefault(ctx, type!),
  ),
  declare(
    'int mtrr_add(unsigned long base, unsigned long size, unsigned int type)',
    { file: MTRR_FILE, doc: 'Give a physical range a type by an MTRR.', withoutMmu: true },
    (ctx, base, size, type) => mtrrAdd(ctx, base!, size!, type!),
  ),
];

/** Normal ioremap, the vmalloc area, memory types, and the direct map. */
export const ioremapFunctions: readonly KernelFunction[] = [...mapping, ...areas, ...early, ...types];
