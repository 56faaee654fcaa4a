import { physAddr, vaddr } from '@kwind/x86';
import {
  clearFixmap,
  lateClearFixmap,
  lateSetFixmap,
  setFixmap,
  setFixmapIo,
  setFixmapNocache,
  setFixmapOffset,
  setFixmapRaw,
} from '../arch/x86/mm/fixmap.ts';
import { setPteVaddr } from '../arch/x86/mm/init_64.ts';
import { nativeSetFixmap, nativeSetFixmapEntry } from '../arch/x86/mm/pgtable.ts';
import type { KernelFunction } from '../function.ts';
import { fixToVirt, virtToFix } from '../include/asm-generic/fixmap.ts';
import { declare } from './declare.ts';

const GENERIC = 'include/asm-generic/fixmap.h';
const X86 = 'arch/x86/include/asm/fixmap.h';
const PGTABLE = 'arch/x86/mm/pgtable.c';
/** An index is a 32-bit number in C. */
const index = (value: bigint | undefined): number => Number(BigInt.asUintN(32, value!));
const PAGE = 'enum fixed_addresses idx, phys_addr_t phys';

const setters: readonly KernelFunction[] = [
  declare(
    `void set_fixmap(${PAGE})`,
    { file: GENERIC, doc: 'Map a page of ordinary memory at an index.' },
    (ctx, idx, phys) => setFixmap(ctx, index(idx), physAddr(phys!)),
  ),
  declare(
    `void set_fixmap_nocache(${PAGE})`,
    { file: GENERIC, doc: 'Map an uncached page at an index.' },
    (ctx, idx, phys) => setFixmapNocache(ctx, index(idx), physAddr(phys!)),
  ),
  declare(
    `void set_fixmap_io(${PAGE})`,
    { file: GENERIC, doc: 'Map a page of device memory at an index.' },
    (ctx, idx, phys) => setFixmapIo(ctx, index(idx), physAddr(phys!)),
  ),
  declare(
    'void clear_fixmap(enum fixed_addresses idx)',
    { file: GENERIC, doc: 'Clear the entry of an index.' },
    (ctx, idx) => clearFixmap(ctx, index(idx)),
  ),
  declare(
    `unsigned long *__set_fixmap_offset(${PAGE}, pgprot_t flags)`,
    { file: GENERIC, doc: 'Map a page at an index and return the address of the byte asked for.' },
    (ctx, idx, phys, flags) => setFixmapOffset(ctx, index(idx), physAddr(phys!), flags!),
  ),
  declare(
    `void __set_fixmap(${PAGE}, pgprot_t flags)`,
    { file: X86, doc: 'Map a page at an index with the bits given.' },
    (ctx, idx, phys, flags) => setFixmapRaw(ctx, index(idx), physAddr(phys!), flags!),
  ),
  declare(
    `void __late_set_fixmap(${PAGE}, pgprot_t flags)`,
    { file: X86, doc: 'What early_ioremap uses after early_ioremap_reset().' },
    (ctx, idx, phys, flags) => lateSetFixmap(ctx, index(idx), physAddr(phys!), flags!),
  ),
  declare(
    'void __late_clear_fixmap(enum fixed_addresses idx)',
    { file: X86, doc: 'What early_iounmap uses after early_ioremap_reset().' },
    (ctx, idx) => lateClearFixmap(ctx, index(idx)),
  ),
  declare(
    `void native_set_fixmap(${PAGE}, pgprot_t flags)`,
    { file: PGTABLE, doc: '__set_fixmap() on bare metal.' },
    (ctx, idx, phys, flags) => nativeSetFixmap(ctx, index(idx), physAddr(phys!), flags!),
  ),
  declare(
    'void __native_set_fixmap(enum fixed_addresses idx, pte_t pte)',
    { file: PGTABLE, doc: 'Store an entry at an index.' },
    (ctx, idx, pte) => nativeSetFixmapEntry(ctx, index(idx), pte!),
  ),
  declare(
    'void set_pte_vaddr(unsigned long vaddr, pte_t pteval)',
    { file: 'arch/x86/mm/init_64.c', doc: "Store an entry for a kernel address in init_mm's tables." },
    (ctx, address, pte) => setPteVaddr(ctx, vaddr(address!), pte!),
  ),
];

const conversions: readonly KernelFunction[] = [
  declare(
    'unsigned long *fix_to_virt(unsigned int idx)',
    { file: GENERIC, doc: 'Address of an index; a BUG past the end.' },
    (ctx, idx) => fixToVirt(ctx, index(idx)),
  ),
  declare(
    'unsigned long virt_to_fix(unsigned long vaddr)',
    { file: GENERIC, doc: 'Index of an address of the permanent area; a BUG elsewhere.' },
    (ctx, address) => virtToFix(ctx, vaddr(address!)),
  ),
];

/** The fixmap. */
export const fixmapFunctions: readonly KernelFunction[] = [...setters, ...conversions];
