import {
  fixaddrTotStart,
  fixmapName,
  hex,
  isPresent,
  physOfPfn,
  symbolAt,
  vaddr,
  virtToFixUnchecked,
  type KernelProfile,
  type Pfn,
  type Vaddr,
} from '@kwind/x86';
import type { MachineView } from '@kwind/state';

/** What an address belongs to, for people: a fixmap index, a symbol of the image, a region; '' for none. */
export function nameOfAddress(profile: KernelProfile, address: Vaddr): string {
  if (address >= fixaddrTotStart(profile) && address <= profile.fixaddrTop + 0xfffn) {
    return fixmapName(profile, virtToFixUnchecked(profile, address));
  }
  return symbolAt(profile, address) ?? regionOf(profile, address);
}

function regionOf(profile: KernelProfile, address: Vaddr): string {
  if (address >= profile.modulesVaddr && address < profile.modulesEnd) return 'modules';
  if (address >= profile.startKernelMap && address < profile.startKernelMap + profile.kernelImageSize)
    return 'kernel image';
  if (address >= profile.vmallocStart && address < profile.startKernelMap) return 'vmalloc';
  if (address >= profile.pageOffset && address < profile.vmallocStart) {
    const phys = address - profile.pageOffset;
    return phys < 1n << BigInt(profile.physBits) ? `direct map of ${hex(phys)}` : '';
  }
  return '';
}

/** Name of a table: its symbol, or its level and address. */
export function nameOfTable(view: MachineView, table: number): string {
  const info = view.pages.info(table);
  if (info && info.name !== '') return info.name;
  return `${info === undefined || info.level === '' ? 'table' : info.level} ${hex(physOfPfn(table as Pfn))}`;
}

/** The last GiB of the address space, which level2_fixmap_pgt covers. */
const FIXMAP_GIB = 0xffff_ffff_c000_0000n;

/**
 * Address that an entry of a fixmap's table maps: of bm_pte or level1_fixmap_pgt. Undefined for all others, whose place
 * in the tree is not unique.
 */
export function fixmapEntryVaddr(view: MachineView, table: number, index: number): Vaddr | undefined {
  if (!/^(?:bm_pte|level1_fixmap_pgt)/.test(view.pages.info(table)?.name ?? '')) return undefined;
  const pmd = view.pages.tables().find((frame) => view.pages.info(frame)?.name === 'level2_fixmap_pgt');
  if (pmd === undefined) return undefined;
  for (let at = 511; at >= 0; at--) {
    const entry = view.pages.entry(pmd, at);
    if (isPresent(entry) && Number((entry >> 12n) & 0xff_ffff_ffffn) === table) {
      return vaddr(FIXMAP_GIB + (BigInt(at) << 21n) + (BigInt(index) << 12n));
    }
  }
  return undefined;
}
