import { PTE } from '../pte.ts';

const { PRESENT, RW, USER, PWT, PCD, ACCESSED, DIRTY, PSE, GLOBAL, NX } = PTE;

/** What read-only protections carry: 6.12 no longer sets Dirty in an entry that cannot be written. */
export type ReadOnlyDirty = 'dirty' | 'clean';

/**
 * Protections by their kernel names, for a CPU with NX and PGE and without memory encryption.
 *
 * FIXMAP_PAGE_IO has neither PCD nor PWT: an early mapping is write-back by its entry, and only MTRRs make device accesses
 * uncached. The bits of memory types follow from the PAT: see cacheModeBits().
 *
 * @kernel arch/x86/include/asm/pgtable_types.h, arch/x86/mm/init.c
 */
export function protections(readOnly: ReadOnlyDirty, vsyscallMapping: boolean): Record<string, bigint> {
  const exec = PRESENT | RW | ACCESSED | DIRTY | GLOBAL;
  const normal = exec | NX;
  const nocache = normal | PCD | PWT;
  const rx = PRESENT | ACCESSED | GLOBAL | (readOnly === 'dirty' ? DIRTY : 0n);
  const ro = rx | NX;
  return {
    PAGE_KERNEL: normal,
    PAGE_KERNEL_EXEC: exec,
    PAGE_KERNEL_RO: ro,
    PAGE_KERNEL_RX: rx,
    PAGE_KERNEL_ROX: rx,
    PAGE_KERNEL_NOCACHE: nocache,
    PAGE_KERNEL_IO: normal,
    PAGE_KERNEL_IO_NOCACHE: nocache,
    PAGE_KERNEL_VVAR: ro | USER,
    ...(vsyscallMapping ? { PAGE_KERNEL_VSYSCALL: rx | USER } : {}),
    PAGE_KERNEL_LARGE: normal | PSE,
    PAGE_KERNEL_LARGE_EXEC: exec | PSE,
    FIXMAP_PAGE_NORMAL: normal,
    FIXMAP_PAGE_RO: ro,
    FIXMAP_PAGE_IO: normal,
    FIXMAP_PAGE_NOCACHE: nocache,
    FIXMAP_PAGE_CLEAR: 0n,
    _KERNPG_TABLE: PRESENT | RW | ACCESSED | DIRTY,
    _PAGE_TABLE: PRESENT | RW | USER | ACCESSED | DIRTY,
  };
}
