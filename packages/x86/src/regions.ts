import { vaddr, type Vaddr } from './address.ts';
import { fixaddrStart } from './fixmap.ts';
import type { KernelProfile } from './profile.ts';

const TERABYTE = 1n << 40n;

/** Distances from the start of the vmalloc area, by paging depth: 32 TiB and a hole of 1, or 12,800 TiB and a hole of 512. */
const sizes = {
  4: { vmalloc: 32n * TERABYTE, hole: TERABYTE },
  5: { vmalloc: 12_800n * TERABYTE, hole: 512n * TERABYTE },
} as const;

/** First byte after the vmalloc area: VMALLOC_END + 1. @kernel arch/x86/include/asm/pgtable_64_types.h */
export const vmallocEnd = (profile: KernelProfile): Vaddr =>
  vaddr(profile.vmallocStart + sizes[profile.levels].vmalloc);

/** Where the array of struct page starts. @kernel arch/x86/include/asm/pgtable_64_types.h VMEMMAP_START */
export const vmemmapStart = (profile: KernelProfile): Vaddr =>
  vaddr(profile.vmallocStart + sizes[profile.levels].vmalloc + sizes[profile.levels].hole);

export const isVmallocAddress = (profile: KernelProfile, address: bigint): boolean =>
  address >= profile.vmallocStart && address < vmallocEnd(profile);

/** The hole between user and kernel half that is left to hypervisors: first byte, and first byte after it. */
export const guardHole = (profile: KernelProfile): { readonly start: Vaddr; readonly end: Vaddr } =>
  profile.levels === 5
    ? { start: vaddr(0xff00_0000_0000_0000n), end: vaddr(0xff10_0000_0000_0000n) }
    : { start: vaddr(0xffff_8000_0000_0000n), end: vaddr(0xffff_8800_0000_0000n) };

/** A named place in the address space, as a dump of the page tables marks it. */
export interface AddressMarker {
  readonly start: Vaddr;
  readonly name: string;
  /** Rows after which a dump counts only, 0 for no limit. */
  readonly maxLines: number;
}

const LDT_BELOW_DIRECT_MAP = { 4: 0xffff_8800_0000_0000n, 5: 0xff10_0000_0000_0000n } as const;
const LDT_ABOVE_CPU_ENTRY = 0xffff_fe80_0000_0000n;
const CPU_ENTRY_AREA = 0xffff_fe00_0000_0000n;
const ESPFIX_BASE = 0xffff_ff00_0000_0000n;
const ESPFIX_MAX_LINES = 16;
const EFI_VA_END = 0xffff_ffef_0000_0000n;

const mark = (start: bigint, name: string, maxLines = 0): AddressMarker => ({ start: vaddr(start), name, maxLines });

/**
 * The markers of a page-table dump, in the order of the kernel's own list.
 * The LDT has stood before the direct map since 5.0, and before that above the area of the CPU entries.
 * @kernel arch/x86/mm/dump_pagetables.c address_markers[]
 */
export function addressMarkers(profile: KernelProfile): readonly AddressMarker[] {
  const { markers } = profile.ioremap.ptdump;
  const has = (option: string): boolean => profile.config[option] === true;
  const optional = (condition: boolean, marker: AddressMarker): AddressMarker[] => (condition ? [marker] : []);
  const ldt = has('CONFIG_MODIFY_LDT_SYSCALL');
  return [
    mark(0n, 'User Space'),
    mark(1n << 63n, 'Kernel Space'),
    ...optional(ldt && markers === 'full', mark(LDT_BELOW_DIRECT_MAP[profile.levels], 'LDT remap')),
    mark(profile.pageOffset, 'Low Kernel Mapping'),
    mark(profile.vmallocStart, 'vmalloc() Area'),
    mark(vmemmapStart(profile), 'Vmemmap'),
    ...optional(markers !== 'basic', mark(CPU_ENTRY_AREA, 'CPU entry Area')),
    ...optional(ldt && markers === 'cpu-entry', mark(LDT_ABOVE_CPU_ENTRY, 'LDT remap')),
    ...optional(has('CONFIG_X86_ESPFIX64'), mark(ESPFIX_BASE, 'ESPfix Area', ESPFIX_MAX_LINES)),
    ...optional(has('CONFIG_EFI'), mark(EFI_VA_END, 'EFI Runtime Services')),
    mark(profile.startKernelMap, 'High Kernel Mapping'),
    mark(profile.modulesVaddr, 'Modules'),
    mark(profile.modulesEnd, 'End Modules'),
    ...optional(markers !== 'basic', mark(fixaddrStart(profile), 'Fixmap Area')),
  ];
}
