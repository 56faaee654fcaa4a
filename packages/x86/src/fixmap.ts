import { fixIdx, PAGE_MASK, slot, vaddr, type FixIdx, type Slot, type Vaddr } from './address.ts';
import { hex16 } from './hex.ts';
import type { FixmapEntry, KernelProfile } from './profile.ts';

/** What `fix_to_virt()` gives: an address, or the text of the refusal. */
export type FixToVirt = { readonly ok: true; readonly vaddr: Vaddr } | { readonly ok: false; readonly bug: string };
/** What `virt_to_fix()` gives: an index, or the text of the BUG. */
export type VirtToFix = { readonly ok: true; readonly idx: FixIdx } | { readonly ok: false; readonly bug: string };

/** `__fix_to_virt()`: base address of an index's page; checks nothing. */
export const fixToVirtUnchecked = (profile: KernelProfile, idx: number): Vaddr =>
  vaddr(profile.fixaddrTop - (BigInt(idx) << 12n));

/**
 * `__virt_to_fix()`: ignores the low 12 bits, checks nothing. Above the page of index 0 the result is negative, where the
 * kernel's unsigned number would be huge.
 */
export const virtToFixUnchecked = (profile: KernelProfile, address: Vaddr): FixIdx =>
  fixIdx(Number((profile.fixaddrTop - (address & PAGE_MASK)) >> 12n));

/** FIXADDR_START, the lowest address that `virt_to_fix()` accepts: FIXADDR_TOP − FIXADDR_SIZE. */
export const fixaddrStart = (profile: KernelProfile): Vaddr =>
  fixToVirtUnchecked(profile, profile.fixmap.endOfPermanent);

/** FIXADDR_SIZE: bytes from index 0 to the last permanent one, indices without owner included. */
export const fixaddrSize = (profile: KernelProfile): bigint => BigInt(profile.fixmap.endOfPermanent) << 12n;

/** FIXADDR_TOT_START: as {@link fixaddrStart}, for all indices, early windows included. */
export const fixaddrTotStart = (profile: KernelProfile): Vaddr =>
  fixToVirtUnchecked(profile, profile.fixmap.endOfFixed);

/**
 * `fix_to_virt()`. The kernel refuses a bad index while it is compiled, so `bug` tells of a build that fails.
 * @kernel include/asm-generic/fixmap.h fix_to_virt()
 */
export function fixToVirt(profile: KernelProfile, idx: number): FixToVirt {
  const end = profile.fixmap.endOfFixed;
  // The kernel's index is unsigned: a negative one is a huge one.
  if (idx < 0 || idx >= end)
    return { ok: false, bug: `BUILD_BUG_ON(idx >= __end_of_fixed_addresses): idx ${idx}, end ${end}` };
  return { ok: true, vaddr: fixToVirtUnchecked(profile, idx) };
}

/**
 * `virt_to_fix()`. Both bounds are odd, and kept: every address in the page of index 0 is refused, and so is all below
 * FIXADDR_START, early windows included; FIXADDR_START itself passes and gives `__end_of_permanent_fixed_addresses`, one past
 * the last permanent index.
 * @kernel include/asm-generic/fixmap.h virt_to_fix()
 */
export function virtToFix(profile: KernelProfile, address: Vaddr): VirtToFix {
  const start = fixaddrStart(profile);
  const top = profile.fixaddrTop;
  const bug = (why: string): VirtToFix => ({
    ok: false,
    bug: `BUG_ON(vaddr >= FIXADDR_TOP || vaddr < FIXADDR_START): ${hex16(address)} ${why}`,
  });
  if (address >= top) return bug(`>= FIXADDR_TOP ${hex16(top)}`);
  if (address < start) return bug(`< FIXADDR_START ${hex16(start)}`);
  return { ok: true, idx: virtToFixUnchecked(profile, address) };
}

/** Early window that an index belongs to, or undefined outside FIX_BTMAP_END to FIX_BTMAP_BEGIN. */
export function slotOfFixIdx(profile: KernelProfile, idx: number): Slot | undefined {
  const { btmapEnd, btmapBegin } = profile.fixmap;
  if (idx < btmapEnd || idx > btmapBegin) return undefined;
  return slot(Math.floor((btmapBegin - idx) / profile.nrFixBtmaps));
}

/** Index of a window's first page, the one with its lowest address and so its highest index. */
export const fixIdxOfSlot = (profile: KernelProfile, number: Slot): FixIdx =>
  fixIdx(profile.fixmap.btmapBegin - number * profile.nrFixBtmaps);

/** `slot_virt[slot]`: lowest address of a window. */
export const slotVirt = (profile: KernelProfile, number: Slot): Vaddr =>
  fixToVirtUnchecked(profile, fixIdxOfSlot(profile, number));

/** Row that owns an index; the early windows together are one row. Undefined in a hole and outside. */
export const fixmapEntryAt = (profile: KernelProfile, idx: number): FixmapEntry | undefined =>
  profile.fixmap.entries.find((entry) => idx >= entry.index && idx < entry.index + entry.pages);

/**
 * Name of an index for people: `FIX_APIC_BASE`, `FIX_IO_APIC_BASE_0+3`, `FIX_BTMAP slot 2 page 5` (page 0 has the lowest
 * address), `hole` for an index without owner, `outside the fixmap`.
 */
export function fixmapName(profile: KernelProfile, idx: number): string {
  const window = slotOfFixIdx(profile, idx);
  if (window !== undefined) return `FIX_BTMAP slot ${window} page ${fixIdxOfSlot(profile, window) - idx}`;
  const entry = fixmapEntryAt(profile, idx);
  if (entry !== undefined) return idx === entry.index ? entry.name : `${entry.name}+${idx - entry.index}`;
  return idx >= 0 && idx < profile.fixmap.endOfFixed ? 'hole' : 'outside the fixmap';
}
