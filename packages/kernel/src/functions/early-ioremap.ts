import { physAddr, vaddr } from '@kwind/x86';
import { earlyIoremapInit, earlyIoremapPmd, earlySetFixmap, isEarlyIoremapPtep } from '../arch/x86/mm/ioremap.ts';
import { placeAt, pmdPopulateKernel, pointerTo } from '../arch/x86/include/pgalloc.ts';
import { call } from '../context.ts';
import { store } from '../cpu/mmu.ts';
import type { KernelFunction } from '../function.ts';
import {
  checkEarlyIoremapLeak,
  earlyIoremap,
  earlyIoremapDebugSetup,
  earlyIoremapInner,
  earlyIoremapReset,
  earlyIoremapSetup,
  earlyIoremapShutdown,
  earlyIounmap,
  earlyMemremap,
  earlyMemremapProt,
  earlyMemremapRo,
  earlyMemunmap,
} from '../mm/early_ioremap.ts';
import { copyFromEarlyMem } from '../mm/early_ioremap_copy.ts';
import { declare } from './declare.ts';

const GENERIC = 'mm/early_ioremap.c';
const X86 = 'arch/x86/mm/ioremap.c';
const RANGE = 'phys_addr_t phys_addr, unsigned long size';

const mapping: readonly KernelFunction[] = [
  declare(
    `void __iomem *early_ioremap(${RANGE})`,
    { file: GENERIC, doc: 'Map device memory into the first free early slot.', withoutMmu: true },
    (ctx, phys, size) => earlyIoremap(ctx, phys!, size!),
  ),
  declare(
    `void *early_memremap(${RANGE})`,
    { file: GENERIC, doc: 'Map ordinary memory into the first free early slot.', withoutMmu: true },
    (ctx, phys, size) => earlyMemremap(ctx, phys!, size!),
  ),
  declare(
    `void *early_memremap_ro(${RANGE})`,
    {
      file: GENERIC,
      doc: 'Map ordinary memory read-only.',
      withoutMmu: true,
      missing: (profile) =>
        profile.has.earlyMemremapRo ? undefined : `${profile.kernel} has no early_memremap_ro(); it came with 4.4.`,
    },
    (ctx, phys, size) => earlyMemremapRo(ctx, phys!, size!),
  ),
  declare(
    `void *early_memremap_prot(${RANGE}, unsigned long prot_val)`,
    {
      file: GENERIC,
      doc: 'Map ordinary memory with the entry bits given.',
      missing: (profile) =>
        profile.has.earlyMemremapProt
          ? undefined
          : 'early_memremap_prot() came with 4.14 and needs CONFIG_ARCH_USE_MEMREMAP_PROT.',
    },
    (ctx, phys, size, prot) => earlyMemremapProt(ctx, phys!, size!, prot!),
  ),
  declare(
    `void __iomem *__early_ioremap(${RANGE}, pgprot_t prot)`,
    { file: GENERIC, doc: 'What the mapping functions end in.' },
    (ctx, phys, size, prot) => earlyIoremapInner(ctx, phys!, size!, prot!),
  ),
  declare(
    'void early_iounmap(void __iomem *addr, unsigned long size)',
    { file: GENERIC, doc: 'Undo an early mapping; address and size must be those of the mapping.', withoutMmu: true },
    (ctx, addr, size) => earlyIounmap(ctx, addr!, size!),
  ),
  declare(
    'void early_memunmap(void *addr, unsigned long size)',
    { file: GENERIC, doc: 'early_iounmap() under the name for ordinary memory.', withoutMmu: true },
    (ctx, addr, size) => earlyMemunmap(ctx, addr!, size!),
  ),
  declare(
    'void copy_from_early_mem(void *dest, phys_addr_t src, unsigned long size)',
    {
      file: GENERIC,
      doc: 'Copy physical memory through early mappings of at most one window each.',
      missing: (profile) =>
        profile.has.copyFromEarlyMem ? undefined : `${profile.kernel} has no copy_from_early_mem(); it came with 4.4.`,
    },
    (ctx, dest, src, size) => copyFromEarlyMem(ctx, dest!, src!, size!),
  ),
];

const lifetime: readonly KernelFunction[] = [
  declare(
    'void early_ioremap_init()',
    { file: X86, doc: 'Prepare the early window: slots, bm_pte and its pmd entry.' },
    (ctx) => earlyIoremapInit(ctx),
  ),
  declare('void early_ioremap_setup()', { file: GENERIC, doc: 'Fill slot_virt[].' }, (ctx) => earlyIoremapSetup(ctx)),
  declare(
    'void early_ioremap_reset()',
    { file: GENERIC, doc: 'Switch to the late setters; x86-64 never calls it.' },
    (ctx) => earlyIoremapReset(ctx),
  ),
  declare(
    'void early_ioremap_shutdown()',
    {
      file: GENERIC,
      doc: 'Empty weak function, called by early_ioremap_reset() up to 5.0.',
      missing: (profile) =>
        profile.has.earlyIoremapShutdown ? undefined : `early_ioremap_shutdown() is gone in ${profile.kernel}.`,
    },
    (ctx) => earlyIoremapShutdown(ctx),
  ),
  declare(
    'int early_ioremap_debug_setup()',
    { file: GENERIC, doc: 'What the boot parameter early_ioremap_debug does: print each mapping from here on.' },
    (ctx) => earlyIoremapDebugSetup(ctx),
  ),
  declare(
    'int early_ioremap_debug()',
    { file: '', doc: 'The boot parameter early_ioremap_debug, under its own name.' },
    (ctx) => earlyIoremapDebugSetup(ctx),
  ),
  declare(
    'int check_early_ioremap_leak()',
    { file: GENERIC, doc: 'Warn and return 1 when slots are still in use.' },
    (ctx) => checkEarlyIoremapLeak(ctx),
  ),
];

const tables: readonly KernelFunction[] = [
  declare(
    'void __early_set_fixmap(enum fixed_addresses idx, phys_addr_t phys, pgprot_t flags)',
    { file: X86, doc: 'Write one entry of bm_pte and flush its page.' },
    (ctx, idx, phys, flags) => earlySetFixmap(ctx, Number(BigInt.asUintN(32, idx!)), physAddr(phys!), flags!),
  ),
  declare(
    'pmd_t *early_ioremap_pmd(unsigned long addr)',
    { file: X86, doc: 'The pmd entry of an address, found from CR3.' },
    (ctx, addr) =>
      call(ctx, 'early_ioremap_pmd', [addr!], () => {
        const place = earlyIoremapPmd(ctx, vaddr(addr!));
        return place ? pointerTo(ctx, place) : null;
      }),
  ),
  declare(
    'bool is_early_ioremap_ptep(pte_t *ptep)',
    { file: X86, doc: '1 when the pointer points into bm_pte.' },
    (ctx, ptep) => isEarlyIoremapPtep(ctx, vaddr(ptep!)),
  ),
  declare(
    'void pmd_populate_kernel(pmd_t *pmd, pte_t *pte)',
    {
      file: 'arch/x86/include/asm/pgalloc.h',
      doc: 'Link a pte table into a pmd entry; both by their kernel addresses.',
    },
    (ctx, pmd, pte) => {
      const place = placeAt(ctx, vaddr(pmd!));
      if (place) return pmdPopulateKernel(ctx, place, vaddr(pte!));
      // A pointer to nowhere: the store itself is what goes wrong.
      call(ctx, 'pmd_populate_kernel', [pmd!, pte!], () => void store(ctx, vaddr(pmd!)));
    },
  ),
];

/** early_ioremap and what it stands on. */
export const earlyIoremapFunctions: readonly KernelFunction[] = [...mapping, ...lifetime, ...tables];
